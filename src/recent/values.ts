// Part of recent: decoded values as JSON has them.
import type { Attributes as Decoded, AttributeValue as DecodedValue } from '../model/otlp.ts';
import { toJsonObject, toJsonValue } from '../protocols/xray/from-spans/values.ts';
import type { Attributes, AttributeValue, UnixNano } from './shapes.ts';

/** What JSON has no word for becomes text: 64-bit integers, bytes, NaN. */
export const attributesOf = (attributes: Decoded) => toJsonObject(attributes) as Attributes;
export const plainValue = (value: DecodedValue) => toJsonValue(value) as AttributeValue;

export const unixNano = (value: bigint): UnixNano => value.toString();

/** To the nanosecond as far as a double goes: 104 days. Never below zero, whatever two clocks said. */
export function elapsedMs(start: bigint, end: bigint): number {
  return end > start ? Number(end - start) / 1e6 : 0;
}

/** A value as a person would type it into a filter. */
export function textOfValue(value: DecodedValue): string {
  return typeof value === 'string' ? value : JSON.stringify(toJsonValue(value));
}
