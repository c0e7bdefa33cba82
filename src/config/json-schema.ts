// Part of config: the YAML file as a JSON Schema, from the declarations, for editors that check while one types.
import type { Section } from './document.ts';
import { type Option, type Shape, shapeOf, yamlPathOf } from './option.ts';

type Json = Record<string, unknown>;

export function renderJsonSchema(sections: readonly Section[]): string {
  const root: Json = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of sidecast',
    ...emptyObject(),
  };
  for (const { options } of sections)
    for (const option of Object.values(options)) place(root, yamlPathOf(option).split('.'), schemaOf(option));
  return JSON.stringify(root, null, 2);
}

const emptyObject = (): Json => ({ type: ['object', 'null'], additionalProperties: false, properties: {} });

function place(node: Json, [first = '', ...rest]: readonly string[], leaf: Json): void {
  const properties = node['properties'] as Record<string, Json>;
  if (rest.length === 0) {
    properties[first] = leaf;
    return;
  }
  properties[first] ??= emptyObject();
  place(properties[first], rest, leaf);
}

function schemaOf(option: Option<unknown>): Json {
  const { summary, env, fallback, example } = option;
  return {
    description: `${summary} (${env})`,
    ...typeOf(shapeOf(option)),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(example === undefined ? {} : { examples: [example] }),
  };
}

/** What has no value counts as not set, so null may stand everywhere. */
function typeOf({ kind, choices, min, max }: Shape): Json {
  switch (kind) {
    case 'number':
      return { type: ['integer', 'string', 'null'], minimum: min, maximum: max };
    case 'size':
      return {
        type: ['integer', 'string', 'null'],
        minimum: 0,
        pattern: '^\\d+(\\.\\d+)?\\s*(B|KiB|MiB|GiB|)$',
      };
    case 'duration':
      return { type: ['string', 'null'], pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' };
    case 'choice':
      return { enum: [...(choices ?? []), null] };
    case 'list':
      return { type: ['array', 'string', 'null'], items: { type: 'string' } };
    case 'url':
      return { type: ['string', 'null'], pattern: '^\\s*https?://' };
    case 'text':
      return { type: ['string', 'number', 'null'] };
  }
}
