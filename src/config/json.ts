// Part of config: a JSON file in somebody else's format, with the line of each member, for complaints.
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from 'yaml';

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
  const lines = new LineCounter();
  // YAML has JSON in it, and this parser knows where things are.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  const root = document.contents as Node | null;
  const lineAt = (node: Node | null | undefined) => lines.linePos(node?.range?.[0] ?? 0).line || 1;
  return {
    value,
    lineOf(path) {
      let [node, line] = [root, lineAt(root)];
      for (const step of path) {
        const child = childOf(node, step);
        if (!child) break;
        node = child.value;
        line = lineAt(child.key ?? child.value);
      }
      return line;
    },
    repeated: repeatedIn(root).map((key) => ({ name: String(key.value), line: lineAt(key) })),
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

interface Child {
  key: Node | undefined;
  value: Node | null;
}

function childOf(node: Node | null, step: string | number): Child | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const value = node.items[step] as Node | undefined;
    return value && { key: undefined, value };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.findLast(({ key }) => isScalar(key) && key.value === step);
  return pair && { key: pair.key as Node, value: pair.value as Node | null };
}

function repeatedIn(root: Node | null): Scalar[] {
  const found: Scalar[] = [];
  const open = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (isSeq(node)) open.push(...(node.items as Node[]));
    if (!isMap(node)) continue;
    const keys = node.items.map(({ key }) => key).filter(isScalar);
    const names = keys.map(({ value }) => value);
    found.push(...keys.filter(({ value }, index) => names.indexOf(value) < index));
    open.push(...node.items.map(({ value }) => value as Node | null));
  }
  return found;
}
