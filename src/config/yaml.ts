// Part of config: another program's YAML file, with the line and the kind of each value, for complaints in that program's words.
import type { Node } from 'yaml';
import { excessIn } from './yaml-bounds.ts';
import { yamlLibrary } from './yaml-library.ts';

export type YamlNode =
  | { kind: 'map'; line: number; entries: readonly (readonly [key: string, node: YamlNode])[] }
  | { kind: 'seq'; line: number }
  | { kind: 'scalar'; line: number; value: unknown; text: string };

/** YAML 1.1, where `yes` is true and 010 is eight. A key may come twice. Throws an Error that names the line. */
export function parseYaml11(text: string): YamlNode {
  const excess = excessIn(text);
  if (excess) throw new Error(`line ${excess.line}: ${excess.what}`);
  const { isMap, isScalar, LineCounter, parseDocument } = yamlLibrary();
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    lineCounter: lines,
    // Each quotes the text around it, which takes as long as the text is.
    prettyErrors: false,
  });
  const [error] = document.errors;
  if (error) {
    throw new Error(`line ${lines.linePos(error.pos[0]).line || 1}: ${error.message}`);
  }

  const visit = (node: Node | null): YamlNode => {
    const line = lines.linePos(node?.range?.[0] ?? 0).line || 1;
    if (isMap(node)) {
      const entries = node.items.map(
        ({ key, value }) => [String(isScalar(key) ? key.value : key), visit(value as Node | null)] as const,
      );
      return { kind: 'map', line, entries };
    }
    if (!isScalar(node))
      return node ? { kind: 'seq', line } : { kind: 'scalar', line, value: null, text: '' };
    return { kind: 'scalar', line, value: node.value, text: node.source ?? '' };
  };
  return visit(document.contents as Node | null);
}
