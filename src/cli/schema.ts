// Part of cli: `sidecast schema`: the YAML file as a JSON Schema.
import { sections } from '../app/sections.ts';
import { renderJsonSchema } from '../config/json-schema.ts';
import type { Edge } from './edge.ts';

export async function schema(edge: Edge): Promise<number> {
  edge.stdout(renderJsonSchema(sections));
  return 0;
}
