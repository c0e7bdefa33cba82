// Part of protocols/xray: the header line, read as the daemon's Go code reads it.

/** Go matches keys and compares the format by simple case folding, which is what the flags i and u do together. */
const FORMAT_KEY = /^format$/iu;
const VERSION_KEY = /^version$/iu;
const JSON_FORMAT = /^json$/iu;

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * True when Go's json.Unmarshal into {format string, version int} would leave "json" and 1, errors ignored: broken
 * JSON leaves nothing, a member of the wrong type (also 1.0 or 1e0 for an int, and null) leaves what was there, later
 * members win.
 */
export function isJsonVersion1(header: Uint8Array): boolean {
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  let format = '';
  let version = '0';
  for (const [key, token] of topLevelScalars(text)) {
    if (FORMAT_KEY.test(key) && token.startsWith('"')) format = JSON.parse(token);
    if (VERSION_KEY.test(key) && /^-?\d+$/.test(token)) version = token;
  }
  return JSON_FORMAT.test(format) && version === '1';
}

/** Members of the outermost object, values as their source text; members that are objects or lists are left out. */
function* topLevelScalars(text: string): Generator<[key: string, token: string]> {
  const tokens = text.match(TOKEN) ?? [];
  if (tokens[0] !== '{') return;
  let depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ':' && depth === 1) yield [JSON.parse(tokens[i - 1] ?? '""'), tokens[i + 1] ?? ''];
  }
}
