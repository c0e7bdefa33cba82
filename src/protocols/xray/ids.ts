// Part of protocols/xray: ids. A W3C trace id and an X-Ray trace id hold the same 128 bits.

const X_RAY_TRACE_ID = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const ZEROS = /^0+$/;

/** `5759e988bd862e3fe1be46a994272793` → `1-5759e988-bd862e3fe1be46a994272793`. */
export function toXRayTraceId(traceId: string): string {
  return `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
}

/** 32 lower-case hex digits; undefined when the text is no X-Ray trace id or is all zeros. */
export function fromXRayTraceId(text: string): string | undefined {
  const match = X_RAY_TRACE_ID.exec(text);
  if (!match) return undefined;
  const traceId = `${match[1]}${match[2]}`.toLowerCase();
  return ZEROS.test(traceId) ? undefined : traceId;
}

/** Of a byte as a hex digit; -1 for others. */
const NIBBLES = Int8Array.from({ length: 256 }, (_, byte) =>
  /[\da-f]/i.test(String.fromCharCode(byte)) ? Number.parseInt(String.fromCharCode(byte), 16) : -1,
);
const ONE = 0x31;
const DASH = 0x2d;
const TIME_BYTES = 4;
const TRACE_ID_BYTES = 16;
/** `1-`, eight digits, `-`, 24 digits. */
const X_RAY_CHARS = 35;

/**
 * The 16 bytes of the first X-Ray trace id that stands in from <= at < to, into `id`. False, with `id` in whatever state, where none
 * does or it is all zeros. For where most ids are looked at and forgotten: a string and a match of each would be garbage.
 */
export function readXRayTraceId(bytes: Uint8Array, from: number, to: number, id: Uint8Array): boolean {
  for (let at = from; at <= Math.min(to, bytes.length) - X_RAY_CHARS; at++)
    if (bytes[at] === ONE && bytes[at + 1] === DASH && isXRayTraceId(bytes, at, id)) return true;
  return false;
}

function isXRayTraceId(bytes: Uint8Array, start: number, id: Uint8Array): boolean {
  let any = 0;
  let at = start + 2;
  for (let place = 0; place < TRACE_ID_BYTES; place++, at += 2) {
    if (place === TIME_BYTES && bytes[at++] !== DASH) return false;
    const high = NIBBLES[bytes[at]!]!;
    const low = NIBBLES[bytes[at + 1]!]!;
    if (high < 0 || low < 0) return false;
    id[place] = (high << 4) | low;
    any |= high | low;
  }
  return any !== 0;
}

/** 16 lower-case hex digits; undefined when the text is no such id or is all zeros. */
export function spanIdOf(text: string): string | undefined {
  return SPAN_ID.test(text) && !ZEROS.test(text) ? text.toLowerCase() : undefined;
}

/** False for '', for zeros, and for anything of another length. Trusts that the decoder wrote hex digits. */
export function isUsableId(id: string, length: 16 | 32): boolean {
  return id.length === length && !ZEROS.test(id);
}

/** An id for something that has none, always the same for the same seed, so that a resend has the same bytes. */
export function derivedId(seed: string): string {
  return fnv1a(seed, 0x811c9dc5) + fnv1a(seed, 0x9747b28c);
}

/** FNV-1a over UTF-16 units, then murmur3's finaliser, for ids that differ in one digit only. */
function fnv1a(text: string, start: number): string {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0');
}
