// Part of the page: everything that is computed once for an opened trace.
import type { Trace } from '../../api/shapes.ts';
import { criticalPath, type Segment } from './critical-path.ts';
import { correctSkew, type Skew } from './skew.ts';
import { buildTree, type Node, type Tree } from './tree.ts';

export interface Waterfall {
  tree: Tree;
  skews: readonly Skew[];
  critical: ReadonlyMap<string, readonly Segment[]>;
  /** In the order of their first span; one colour each when there are several. */
  services: readonly string[];
  /** Those that hold the cause: an error without an error below it. */
  failures: readonly Node[];
  /** Where one looks first. */
  first: Node | undefined;
}

export function layOut({ spans, logs }: Trace): Waterfall {
  const { tree, skews } = correctSkew(buildTree(spans, logs));
  const longest = tree.roots.reduce<Node | undefined>(
    (best, root) => (!best || root.endMs - root.startMs > best.endMs - best.startMs ? root : best),
    undefined,
  );
  const failures = [...tree.byId.values()].filter((node) => node.span?.error && !node.hasErrorBelow);
  return {
    tree,
    skews,
    critical: longest ? criticalPath(longest) : new Map(),
    services: [...new Set(spans.map((span) => span.service))],
    failures: failures.sort((a, b) => a.startMs - b.startMs),
    first: tree.roots[0]?.span ? tree.roots[0] : tree.roots[0]?.children[0],
  };
}
