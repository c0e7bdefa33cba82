// Part of protocols/xray: a document of at most 64 KB: first metadata is cut, then stacks, then whatever else is long.
import type { XRayDocument } from './document.ts';
import { shorten } from './reader.ts';

/** X-Ray's bound for one document, in bytes of UTF-8. */
export const MAX_DOCUMENT_BYTES = 65_536;

export type Serialized = { fits: true; text: string } | { fits: false; bytes: number };

/** Changes `document` where it is too large; `bytes` is what is left of one that nothing helps. */
export function serialize(document: XRayDocument): Serialized {
  let text = JSON.stringify(document);
  for (const step of STEPS) {
    if (fits(text)) return { fits: true, text };
    for (const part of [document, ...(document.subsegments ?? [])]) step(part);
    text = JSON.stringify(document);
  }
  return fits(text) ? { fits: true, text } : { fits: false, bytes: Buffer.byteLength(text) };
}

/** A UTF-16 unit is at most three bytes, so most documents are not counted. */
function fits(text: string): boolean {
  return text.length * 3 <= MAX_DOCUMENT_BYTES || Buffer.byteLength(text) <= MAX_DOCUMENT_BYTES;
}

const STEPS: readonly ((document: XRayDocument) => void)[] = [
  (document) => shortenMetadata(document, 4096),
  (document) => shortenMetadata(document, 512),
  (document) => {
    document.metadata = undefined;
    document.annotations = { ...document.annotations, sidecast_truncated: true };
  },
  (document) => shortenStacks(document, 10),
  (document) => shortenStacks(document, 0),
  (document) => {
    const exceptions = document.cause?.exceptions ?? [];
    for (const exception of exceptions) exception.message = shorten(exception.message);
  },
  (document) => {
    if (document.cause) document.cause.exceptions = document.cause.exceptions.slice(0, 10);
    document.links = document.links?.slice(0, 10).map((link) => ({ ...link, attributes: undefined }));
    document.annotations = { sidecast_truncated: true };
  },
];

/** Each member of each namespace whose JSON is longer becomes the beginning of that JSON. */
function shortenMetadata(document: XRayDocument, maxChars: number): void {
  if (!document.metadata) return;
  const namespaces = Object.entries(document.metadata).map(([namespace, members]) => [
    namespace,
    Object.fromEntries(Object.entries(members).map(([key, value]) => [key, shortenValue(value, maxChars)])),
  ]);
  document.metadata = Object.fromEntries(namespaces);
}

function shortenValue(value: unknown, maxChars: number): unknown {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > maxChars ? `${shorten(text, maxChars)}…` : value;
}

function shortenStacks(document: XRayDocument, maxFrames: number): void {
  for (const exception of document.cause?.exceptions ?? []) {
    const stack = exception.stack ?? [];
    if (stack.length <= maxFrames) continue;
    exception.truncated = (exception.truncated ?? 0) + stack.length - maxFrames;
    exception.stack = maxFrames === 0 ? undefined : stack.slice(0, maxFrames);
  }
}
