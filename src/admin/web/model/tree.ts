// Part of the page: a trace's spans as a tree. A parent that was not received becomes a ghost, never a dead link.
import type { LogRow, SpanRow } from '../../api/shapes.ts';

export interface Node {
  id: string;
  /** Undefined for a ghost. */
  span: SpanRow | undefined;
  parent: Node | undefined;
  depth: number;
  /** Milliseconds after the start of the trace, its clock put right. */
  startMs: number;
  endMs: number;
  children: Node[];
  logs: readonly PlacedLog[];
  /** Spans below it. */
  descendants: number;
  hasErrorBelow: boolean;
}

export interface PlacedLog {
  log: LogRow;
  atMs: number;
}

export interface Tree {
  roots: readonly Node[];
  byId: ReadonlyMap<string, Node>;
  /** What 0 ms is. */
  originUnixNano: bigint;
  durationMs: number;
  /** Without a span here to belong to. */
  looseLogs: readonly PlacedLog[];
}

export function buildTree(spans: readonly SpanRow[], logs: readonly LogRow[]): Tree {
  const originUnixNano = earliest(spans, logs);
  const byId = new Map<string, Node>();
  for (const span of spans) {
    const startMs = Number(BigInt(span.startUnixNano) - originUnixNano) / 1e6;
    byId.set(span.id, newNode(span.id, span, startMs, startMs + Math.max(0, span.durationMs)));
  }
  const roots = link(byId, spans);
  const looseLogs = placeLogs(byId, logs, originUnixNano);
  for (const root of roots) sortBelow(root);
  roots.sort(byStart);
  summarize(roots);
  return { roots, byId, originUnixNano, durationMs: latestEnd(roots), looseLogs };
}

function newNode(id: string, span: SpanRow | undefined, startMs: number, endMs: number): Node {
  return {
    id,
    span,
    parent: undefined,
    depth: 0,
    startMs,
    endMs,
    children: [],
    logs: [],
    descendants: 0,
    hasErrorBelow: false,
  };
}

/** Gives each span its parent. A circle of parents is cut where it is met. */
function link(byId: Map<string, Node>, spans: readonly SpanRow[]): Node[] {
  const roots: Node[] = [];
  for (const { id, parentId } of spans) {
    const node = byId.get(id);
    if (!node || node.parent) continue;
    if (parentId === undefined || parentId === id) {
      roots.push(node);
      continue;
    }
    let parent = byId.get(parentId);
    if (!parent) {
      parent = newNode(parentId, undefined, node.startMs, node.endMs);
      byId.set(parentId, parent);
      roots.push(parent);
    }
    if (isAbove(node, parent)) {
      roots.push(node);
      continue;
    }
    node.parent = parent;
    parent.children.push(node);
    if (!parent.span) {
      parent.startMs = Math.min(parent.startMs, node.startMs);
      parent.endMs = Math.max(parent.endMs, node.endMs);
    }
  }
  return roots;
}

function isAbove(node: Node, below: Node): boolean {
  for (let at: Node | undefined = below; at; at = at.parent) if (at === node) return true;
  return false;
}

function placeLogs(byId: Map<string, Node>, logs: readonly LogRow[], origin: bigint): PlacedLog[] {
  const loose: PlacedLog[] = [];
  const bySpan = new Map<string, PlacedLog[]>();
  for (const log of logs) {
    const placed = { log, atMs: Number(BigInt(log.timeUnixNano) - origin) / 1e6 };
    const list = log.spanId !== undefined && byId.has(log.spanId) ? bySpan.get(log.spanId) : loose;
    if (list) list.push(placed);
    else bySpan.set(log.spanId ?? '', [placed]);
  }
  for (const [id, placed] of bySpan) {
    const node = byId.get(id);
    if (node) node.logs = placed.sort((a, b) => a.atMs - b.atMs);
  }
  return loose;
}

function earliest(spans: readonly SpanRow[], logs: readonly LogRow[]): bigint {
  const times =
    spans.length > 0 ? spans.map((span) => span.startUnixNano) : logs.map((log) => log.timeUnixNano);
  let first: bigint | undefined;
  for (const time of times) {
    const value = BigInt(time);
    if (first === undefined || value < first) first = value;
  }
  return first ?? 0n;
}

const byStart = (a: Node, b: Node) => a.startMs - b.startMs || a.endMs - b.endMs;

/** Loops, not recursion, here and below: a trace may be ten thousand spans deep. */
function sortBelow(root: Node): void {
  for (const node of preorder([root])) node.children.sort(byStart);
}

function summarize(roots: readonly Node[]): void {
  const all = [...preorder(roots)];
  for (const node of all) node.depth = node.parent ? node.parent.depth + 1 : 0;
  for (const node of all.toReversed()) {
    const { parent } = node;
    if (!parent) continue;
    parent.descendants += node.descendants + 1;
    if (node.span?.error || node.hasErrorBelow) parent.hasErrorBelow = true;
  }
}

export function latestEnd(roots: readonly Node[]): number {
  let latest = 0;
  for (const node of preorder(roots)) latest = Math.max(latest, node.endMs);
  return latest;
}

export function* preorder(roots: readonly Node[]): Generator<Node> {
  const stack = roots.toReversed();
  for (let node = stack.pop(); node; node = stack.pop()) {
    yield node;
    for (let index = node.children.length - 1; index >= 0; index--) stack.push(node.children[index] as Node);
  }
}
