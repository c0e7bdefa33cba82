// Part of the page: what the trace waited for. Walking back from the end: the child that ended last, then the one before it began.
import type { Node } from './tree.ts';

export interface Segment {
  startMs: number;
  endMs: number;
}

/** For each span on the path, the pieces of its own time that nothing else hid. */
export function criticalPath(root: Node): Map<string, Segment[]> {
  const path = new Map<string, Segment[]>();
  const work: { node: Node; untilMs: number }[] = [{ node: root, untilMs: root.endMs }];
  for (let next = work.pop(); next; next = work.pop()) {
    const { node } = next;
    let cursorMs = Math.min(next.untilMs, node.endMs);
    for (const child of node.children.toSorted((a, b) => b.endMs - a.endMs)) {
      // It went on after the moment that is looked at, or began before its parent: nobody waited for its end.
      if (child.endMs > cursorMs || child.startMs < node.startMs || child.startMs >= child.endMs) continue;
      add(path, node.id, child.endMs, cursorMs);
      work.push({ node: child, untilMs: child.endMs });
      cursorMs = child.startMs;
    }
    add(path, node.id, node.startMs, cursorMs);
  }
  return path;
}

function add(path: Map<string, Segment[]>, id: string, startMs: number, endMs: number): void {
  if (endMs < startMs) return;
  const pieces = path.get(id) ?? [];
  path.set(id, pieces);
  if (endMs > startMs) pieces.push({ startMs, endMs });
}

/** The parts of a span in which none of its children ran. */
export function ownTime(node: Node): Segment[] {
  const pieces: Segment[] = [];
  let cursorMs = node.startMs;
  for (const child of node.children) {
    if (child.startMs > cursorMs)
      pieces.push({ startMs: cursorMs, endMs: Math.min(child.startMs, node.endMs) });
    cursorMs = Math.max(cursorMs, child.endMs);
    if (cursorMs >= node.endMs) return pieces;
  }
  if (node.endMs > cursorMs) pieces.push({ startMs: cursorMs, endMs: node.endMs });
  return pieces;
}
