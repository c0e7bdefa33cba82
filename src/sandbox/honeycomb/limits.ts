// Part of the sandbox: what Honeycomb takes as one event (API docs, "Events"; refinery's MaxEventSize).
import { asObject } from '../vendor.ts';
import type { Item } from './items.ts';

const MAX_FIELDS = 2000;
const MAX_EVENT_BYTES = 1_000_000;
/** husky flattens maps to this depth; what is deeper is one JSON string. */
const MAX_MAP_DEPTH = 5;

/** Why the item would not become an event, or undefined. */
export function overLimit(item: Item): string | undefined {
  const event = flatten({ ...item.resource, ...item.scope, ...item.attributes });
  const fields = Object.keys(event).length;
  if (fields > MAX_FIELDS) return `an event has ${fields} fields, over the limit of ${MAX_FIELDS}`;
  const { attributes, events, links, ...derived } = item.readable;
  const bytes = Buffer.byteLength(JSON.stringify({ ...derived, ...event }));
  if (bytes >= MAX_EVENT_BYTES) return `an event of ${bytes} bytes is over the limit of ${MAX_EVENT_BYTES}`;
  return undefined;
}

function flatten(fields: Readonly<Record<string, unknown>>, depth = 1): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    const nested = asObject(value);
    if (!nested || depth >= MAX_MAP_DEPTH) flat[key] = value;
    else for (const [name, part] of Object.entries(flatten(nested, depth + 1))) flat[`${key}.${name}`] = part;
  }
  return flat;
}
