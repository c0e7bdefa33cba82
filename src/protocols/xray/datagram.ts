// Part of protocols/xray: one UDP datagram = a header line and a document; a run of documents = one journal payload.
import { copyInto } from '../../model/copy.ts';
import { isJsonVersion1 } from './header.ts';

export { summarizeDocuments } from './summary.ts';

export type Datagram =
  | { ok: true; document: Uint8Array }
  | { ok: false; code: 'no_header' | 'bad_header' | 'empty_document' }
  /** Zero bytes: the daemon neither counts nor logs these. */
  | { ok: false; code: 'empty' };

const NEWLINE = 0x0a;

/** What the SDKs really send: Python, Node, Ruby and .NET compact, Go and Java with spaces (captures). */
const KNOWN_HEADERS = ['{"format":"json","version":1}\n', '{"format": "json", "version": 1}\n'].map((text) =>
  Buffer.from(text),
);

/** The document is a view of `message`, byte for byte: no check of its JSON, trailing newline kept, as the daemon does. */
export function parseDatagram(message: Uint8Array): Datagram {
  if (message.length === 0) return { ok: false, code: 'empty' };
  for (const header of KNOWN_HEADERS) {
    if (startsWith(message, header)) return documentFrom(message, header.length);
  }
  const newline = message.indexOf(NEWLINE);
  if (newline === -1) return { ok: false, code: 'no_header' };
  const document = documentFrom(message, newline + 1);
  // The daemon looks for a missing document before it looks into the header.
  if (!document.ok || isJsonVersion1(message.subarray(0, newline))) return document;
  return { ok: false, code: 'bad_header' };
}

function documentFrom(message: Uint8Array, start: number): Datagram {
  if (start === message.length) return { ok: false, code: 'empty_document' };
  return { ok: true, document: message.subarray(start) };
}

function startsWith(message: Uint8Array, prefix: Uint8Array): boolean {
  if (message.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (message[i] !== prefix[i]) return false;
  return true;
}

const LENGTH_BYTES = 4;

/** u32 big-endian length and the bytes, for each document; they may contain newlines. */
export function frameDocuments(documents: readonly Uint8Array[]): Buffer {
  const sizes = documents.map(framedBytes);
  const payload = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  for (const document of documents) offset = writeFramed(payload, document, offset);
  return payload;
}

export function framedBytes(document: Uint8Array): number {
  return LENGTH_BYTES + document.length;
}

/** Returns where the next one goes. */
export function writeFramed(payload: Buffer, document: Uint8Array, offset: number): number {
  const start = payload.writeUInt32BE(document.length, offset);
  copyInto(payload, document, start);
  return start + document.length;
}

/** Views of the payload, in order. Throws on a payload that ends early. */
export function readDocuments(payload: Uint8Array): Buffer[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const documents: Buffer[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (bytes.length - offset < LENGTH_BYTES) throw new RangeError('X-Ray payload ends within a length');
    const start = offset + LENGTH_BYTES;
    const end = start + bytes.readUInt32BE(offset);
    if (end > bytes.length) throw new RangeError('X-Ray payload ends within a document');
    documents.push(bytes.subarray(start, end));
    offset = end;
  }
  return documents;
}
