// Part of the page: clocks of two machines put beside each other. A server span that begins before its client asked, or ends after
// the client had its answer, shows a clock that is off: its subtree is moved, and the page says by how much.
import { latestEnd, type Node, type PlacedLog, preorder, type Tree } from './tree.ts';

export interface Skew {
  service: string;
  /** How far its clock is ahead of its caller's; negative: behind. */
  aheadMs: number;
}

/** Clocks differ by less than this on one machine too. */
const TOLERANCE_MS = 0.1;

/** The tree with its clocks put right, and what was moved: once per service, the largest. The nodes are moved in place. */
export function correctSkew(tree: Tree): { tree: Tree; skews: Skew[] } {
  const largest = new Map<string, number>();
  const shiftMs = new Map<Node, number>();
  for (const node of preorder(tree.roots)) {
    const { parent } = node;
    const inherited = (parent && shiftMs.get(parent)) ?? 0;
    node.startMs += inherited;
    node.endMs += inherited;
    const own = parent ? shiftInto(node, parent) : 0;
    node.startMs += own;
    node.endMs += own;
    const total = inherited + own;
    if (total !== 0) shiftMs.set(node, total);
    if (own !== 0 && node.span && Math.abs(own) > Math.abs(largest.get(node.span.service) ?? 0))
      largest.set(node.span.service, own);
  }
  for (const [node, moved] of shiftMs) node.logs = node.logs.map((placed) => movedBy(placed, moved));
  const skews = [...largest].map(([service, moved]) => ({ service, aheadMs: -moved }));
  return { tree: skews.length > 0 ? startAtZero(tree) : tree, skews };
}

const movedBy = (placed: PlacedLog, ms: number): PlacedLog => ({ ...placed, atMs: placed.atMs + ms });

/** What began first may be another span now. */
function startAtZero(tree: Tree): Tree {
  const nodes = [...preorder(tree.roots)];
  const firstMs = nodes.reduce((first, node) => Math.min(first, node.startMs), Number.POSITIVE_INFINITY);
  for (const node of nodes) {
    node.startMs -= firstMs;
    node.endMs -= firstMs;
    node.logs = node.logs.map((placed) => movedBy(placed, -firstMs));
  }
  return {
    ...tree,
    originUnixNano: tree.originUnixNano + BigInt(Math.round(firstMs * 1e6)),
    durationMs: latestEnd(tree.roots),
    looseLogs: tree.looseLogs.map((placed) => movedBy(placed, -firstMs)),
  };
}

/** How far to move it so that it lies in the middle of its caller, when the two are on different clocks. */
function shiftInto(node: Node, parent: Node): number {
  if (!node.span || !parent.span || node.span.service === parent.span.service) return 0;
  if (node.span.kind === 'consumer') return 0;
  const room = parent.endMs - parent.startMs;
  const length = node.endMs - node.startMs;
  const isEarly = node.startMs < parent.startMs - TOLERANCE_MS;
  const isLate = node.endMs > parent.endMs + TOLERANCE_MS;
  // Longer than its caller: that is no clock, the caller did not wait.
  if (length > room || (!isEarly && !isLate)) return 0;
  return parent.startMs + (room - length) / 2 - node.startMs;
}
