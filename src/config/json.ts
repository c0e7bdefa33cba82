// Part of config: a JSON file in somebody else's format, with the line of each member, for complaints.

export type JsonObject = Readonly<Record<string, unknown>>;
export type JsonPath = readonly (string | number)[];

export interface JsonFile {
  value: unknown;
  /** Where the member's name stands, or the element begins; of the nearest one around it where there is none. */
  lineOf(path: JsonPath): number;
  /** Members that stand twice in one object: JSON takes the last and says nothing. */
  repeated: readonly { name: string; line: number }[];
}

export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Throws JsonError. */
export function parseJson(text: string): JsonFile {
  const value = parseStrictly(text);
  const { root, repeated } = placesIn(text);
  return {
    value,
    lineOf(path) {
      let place = root;
      for (const step of path) {
        const inner = place.inner?.get(step);
        if (!inner) break;
        place = inner;
      }
      return place.line;
    },
    repeated,
  };
}

export function asJsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

function parseStrictly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const position = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
    const line = text.slice(0, position).split('\n').length;
    throw new JsonError(message.replace(/ \(line \d+ column \d+\)$/, ''), line);
  }
}

/** Where something stands, and what is in it: members by name, elements by number. */
interface Place {
  line: number;
  inner?: Map<string | number, Place>;
}

/** Of what is known to be JSON, so only its shape is looked at: a string, a line's end, or one of `{[]},:`. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[\n{}[\],:]|[^\s"{}[\],:]+/g;

function placesIn(text: string): { root: Place; repeated: JsonFile['repeated'] } {
  const repeated: { name: string; line: number }[] = [];
  const root: Place = { line: 1 };
  const open: { place: Place; isArray: boolean }[] = [];
  /** What the next value is known as; undefined before the name of a member. */
  let next: Place | undefined = root;
  let line = 1;
  for (const [token] of text.matchAll(TOKEN)) {
    const around = open.at(-1);
    if (token === '\n') line += 1;
    else if (token === '}' || token === ']') {
      open.pop();
      next = undefined;
    } else if (token === ',') next = undefined;
    else if (token !== ':' && !next && around && !around.isArray) next = member(around.place, token);
    else if (token !== ':') {
      const place = next ?? element(around?.place);
      if (place === root) root.line = line;
      next = undefined;
      if (token !== '{' && token !== '[') continue;
      place.inner = new Map();
      open.push({ place, isArray: token === '[' });
    }
  }
  return { root, repeated };

  function member({ inner }: Place, token: string): Place {
    const name = JSON.parse(token) as string;
    const place = { line };
    if (inner?.has(name)) repeated.push({ name, line });
    inner?.set(name, place);
    return place;
  }

  function element(array: Place | undefined): Place {
    const place = { line };
    array?.inner?.set(array.inner.size, place);
    return place;
  }
}
