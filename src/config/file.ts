// Part of config: the options in our YAML file, each with its line.
import type { Node } from 'yaml';
import { type Option, yamlPathOf } from './option.ts';
import { nearestName, type Problem } from './problems.ts';
import type { Typed } from './typed.ts';
import { excessIn } from './yaml-bounds.ts';
import { yamlLibrary } from './yaml-library.ts';

export interface ConfigFile {
  name: string;
  text: string;
}

/** By variable. What has no value counts as not set, as in the environment. */
export function readConfigFile(
  { name: file, text }: ConfigFile,
  all: readonly Option<unknown>[],
  problems: Problem[],
): Map<string, Typed> {
  const found = new Map<string, Typed>();
  const excess = excessIn(text);
  if (excess) {
    const { line, what: message } = excess;
    problems.push({ option: file, source: `${file}:${line}`, value: '', message, fix: 'Mend the file.' });
    return found;
  }
  const known = new Map(all.map((option) => [yamlPathOf(option), option]));
  const { isMap, isScalar, LineCounter, parseDocument } = yamlLibrary();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (const error of document.errors) {
    const source = `${file}:${lines.linePos(error.pos[0]).line}`;
    problems.push({ option: file, source, value: '', message: error.message, fix: 'Mend the file.' });
  }
  if (problems.some(({ option }) => option === file)) return found;

  const sourceOf = (node: Node, path: string) =>
    `${file}:${lines.linePos(node.range?.[0] ?? 0).line} ${path}`;
  const complain = (node: Node, path: string, message: string, fix: string, nearest?: string) =>
    problems.push({
      option: path,
      source: `${file}:${lines.linePos(node.range?.[0] ?? 0).line}`,
      value: '',
      message,
      fix,
      ...(nearest ? { nearest } : {}),
    });

  const visit = (key: Node, node: Node | null, path: string): void => {
    const option = known.get(path);
    const value = textOf(node);
    if (option && value === undefined)
      complain(
        key,
        path,
        'is a section',
        `Give it a value: ${path}: ${option.example ?? option.fallback ?? '…'}`,
      );
    else if (option && value !== '')
      found.set(option.env, {
        value: value as string,
        source: sourceOf(key, path),
        place: 'file',
        origin: { remedy: (what) => `Set ${path} in ${file} to ${what}, and start sidecast again.` },
      });
    else if (isMap(node))
      for (const pair of node.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : '?';
        visit(pair.key as Node, pair.value as Node | null, path === '' ? name : `${path}.${name}`);
      }
    else if (!option && value !== '') complainOfUnknown(key, path);
  };
  const complainOfUnknown = (key: Node, path: string) => {
    const inside = [...known.keys()].filter((one) => one.startsWith(`${path}.`));
    if (inside.length > 0)
      complain(key, path, 'is a section, not a value', `It may have ${inside.join(', ')}.`);
    else if (path === '')
      complain(key, file, 'is no list of names and values', 'Write it as in sidecast schema.');
    else complain(key, path, 'unknown key', 'See sidecast schema.', nearestName(path, known.keys()));
  };
  const root = document.contents as Node | null;
  if (root) visit(root, root, '');
  return found;
}

/** '' where there is none; undefined for what has an inner structure. Lists are as in variables: with commas. */
function textOf(node: Node | null): string | undefined {
  const { isScalar, isSeq } = yamlLibrary();
  if (node === null || (isScalar(node) && node.value === null)) return '';
  if (isScalar(node)) return node.source ?? String(node.value);
  if (isSeq(node) && node.items.every((item) => isScalar(item)))
    return node.items.map((item) => String((item as { value: unknown }).value)).join(',');
  return undefined;
}
