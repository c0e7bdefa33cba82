// Part of the page: the tree as the rows that are shown: folded where somebody folded it, its logs in place.
import type { Node, PlacedLog, Tree } from './tree.ts';

export type WaterfallRow =
  | { kind: 'span'; key: string; node: Node; depth: number; isOpen: boolean }
  | { kind: 'ghost'; key: string; node: Node; depth: number; isOpen: boolean }
  | { kind: 'log'; key: string; placed: PlacedLog; node: Node | undefined; depth: number };

export interface RowOptions {
  folded: ReadonlySet<string>;
  withLogs: boolean;
  /** Only these and what is above them. */
  only?: ReadonlySet<string> | undefined;
}

export function visibleRows(tree: Tree, { folded, withLogs, only }: RowOptions): WaterfallRow[] {
  const rows: WaterfallRow[] = [];
  const stack: (Node | WaterfallRow)[] = tree.roots.toReversed();
  for (let next = stack.pop(); next; next = stack.pop()) {
    if ('kind' in next) {
      rows.push(next);
      continue;
    }
    if (only && !only.has(next.id)) continue;
    const isOpen = !folded.has(next.id);
    const { depth } = next;
    rows.push({ kind: next.span ? 'span' : 'ghost', key: next.id, node: next, depth, isOpen });
    if (isOpen) stack.push(...below(next, withLogs && !only).toReversed());
  }
  if (withLogs && !only) for (const placed of tree.looseLogs) rows.push(logRow(placed, undefined, 0));
  return rows;
}

/** Children and logs of a span, in the order of time. */
function below(node: Node, withLogs: boolean): (Node | WaterfallRow)[] {
  if (!withLogs || node.logs.length === 0) return node.children;
  const logs = node.logs.map((placed) => logRow(placed, node, node.depth + 1));
  const at = (item: Node | WaterfallRow) =>
    'kind' in item ? (item.kind === 'log' ? item.placed.atMs : 0) : item.startMs;
  return [...node.children, ...logs].sort((a, b) => at(a) - at(b));
}

function logRow(placed: PlacedLog, node: Node | undefined, depth: number): WaterfallRow {
  return { kind: 'log', key: `log:${placed.log.id}`, placed, node, depth };
}

/** The spans that a text occurs in, and everything above them. */
export function matches(tree: Tree, text: string): { found: Set<string>; shown: Set<string> } {
  const wanted = text.toLowerCase();
  const found = new Set<string>();
  const shown = new Set<string>();
  for (const [id, node] of tree.byId) {
    if (!node.span || !textOf(node).includes(wanted)) continue;
    found.add(id);
    for (let at: Node | undefined = node; at && !shown.has(at.id); at = at.parent) shown.add(at.id);
  }
  return { found, shown };
}

function textOf({ span }: Node): string {
  if (!span) return '';
  const { name, service, id, statusMessage = '', attributes } = span;
  return `${name}\n${service}\n${id}\n${statusMessage}\n${JSON.stringify(attributes)}`.toLowerCase();
}
