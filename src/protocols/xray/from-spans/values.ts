// Part of protocols/xray: OTLP values as JSON values. JSON has no bytes, no 64-bit integers, no NaN: those become text.
import type { Attributes, AttributeValue } from '../../../model/otlp.ts';

export function toJsonValue(value: AttributeValue): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return String(value);
    default:
      if (value === null) return null;
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
      if (Array.isArray(value)) return value.map(toJsonValue);
      return toJsonObject(value as Attributes);
  }
}

export function toJsonObject(attributes: Attributes): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, value] of attributes) define(object, key, toJsonValue(value));
  return object;
}

/** As assignment, also for a key such as `__proto__`. */
export function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** To the microsecond, which float64 seconds hold exactly enough: what JSON prints is the nearest microsecond. */
export function unixNanoToSeconds(unixNano: bigint): number {
  return Number((unixNano + 500n) / 1000n) / 1e6;
}
