// Part of protocols/xray: a document of at most 64 KB: first metadata is cut, then stacks, then whatever else is long or has no bound.
import type { HttpBlock, XRayDocument } from './document.ts';
import { shorten } from './reader.ts';

/** X-Ray's bound for one document, in bytes of UTF-8. */
const MAX_DOCUMENT_BYTES = 65_536;

/** Changes `document` where it is too large. */
export function serialize(document: XRayDocument): string {
  let text = JSON.stringify(document);
  for (const step of STEPS) {
    if (fits(text)) return text;
    for (const part of [document, ...(document.subsegments ?? [])]) step(part);
    text = JSON.stringify(document);
  }
  return text;
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
  // A list without bounds, or text of which each character takes six bytes: what is left always fits.
  (document) => {
    document.aws = undefined;
    document.sql = undefined;
    document.http = document.http?.response && { ...document.http, request: NO_REQUEST };
    document.cause = undefined;
    document.links = undefined;
  },
];

const NO_REQUEST: HttpBlock['request'] = {
  method: undefined,
  url: undefined,
  user_agent: undefined,
  client_ip: undefined,
  x_forwarded_for: undefined,
};

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
