// Part of the tests of protocols/xray: the attributes that the translations know, read from their sources.
import { readdirSync, readFileSync } from 'node:fs';

const SOURCES = new URL('../../../src/protocols/xray/', import.meta.url);
const ATTRIBUTE = /'([a-z][\w-]*(?:\.[\w-]+)+)'/g;
/** Words with a dot that are no names of attributes. */
const NO_ATTRIBUTES: ReadonlySet<string> = new Set(['otel.resource', 'aws.http.error.event']);

export function knownAttributes(direction: 'from-spans' | 'to-spans'): string[] {
  const files = readdirSync(new URL(`${direction}/`, SOURCES)).map((file) => `${direction}/${file}`);
  const sources = [`${direction}.ts`, ...files].map((file) => readFileSync(new URL(file, SOURCES), 'utf8'));
  const names = sources.flatMap((source) => [...source.matchAll(ATTRIBUTE)].map(([, name = '']) => name));
  return [...new Set(names)].filter((name) => !NO_ATTRIBUTES.has(name)).sort();
}
