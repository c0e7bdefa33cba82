// Part of receivers/otlp: undoes a content encoding, never beyond the bound.
import { setImmediate as breathe } from 'node:timers/promises';
import zlib from 'node:zlib';
import { StatusCodes } from '../../protocols/otlp/status.ts';
import { badEncoding, Refusal } from './refusal.ts';
import { inflateZstd } from './zstd.ts';

/** What an inflated body may take; `sink.add` throws a Refusal at the first byte too many. */
export interface Sink {
  readonly maxBytes: number;
  add(chunk: Uint8Array): void;
}

export type ContentEncoding = 'identity' | 'gzip' | 'deflate' | 'zstd';

const NAMES: Readonly<Record<string, ContentEncoding>> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  zstd: 'zstd',
};
export const ACCEPTED_ENCODINGS = 'gzip, deflate, zstd, identity';

export function contentEncoding(header: string | undefined): ContentEncoding {
  const name = (header ?? '').trim().toLowerCase();
  const encoding = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  if (encoding) return encoding;
  throw new Refusal(
    415,
    StatusCodes.INVALID_ARGUMENT,
    'bad_encoding',
    `the content encoding is not one of ${ACCEPTED_ENCODINGS}`,
    { 'accept-encoding': ACCEPTED_ENCODINGS },
  );
}

/** A small body is inflated at once, which costs less than the trip to zlib's threads; up to about 1 ms of work. */
const SMALL_BYTES = 32 * 1024;
const SMALL_INFLATED_BYTES = 512 * 1024;
/** What goes to the decompressor at a time. */
const SLICE_BYTES = 64 * 1024;

/** Throws a Refusal for bytes that are not what the header says, and what `sink` throws. */
export async function inflate(
  encoding: Exclude<ContentEncoding, 'identity'>,
  body: Buffer,
  sink: Sink,
): Promise<void> {
  try {
    if (encoding === 'zstd') await inflateZstd(body, sink);
    else if (!inflatedAtOnce(encoding, body, sink)) await collect(decoderOf(encoding, body), body, sink);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw badEncoding(`the body is not ${encoding}, or is cut off`);
  }
}

function inflatedAtOnce(encoding: 'gzip' | 'deflate', body: Buffer, sink: Sink): boolean {
  if (body.length > SMALL_BYTES) return false;
  const options = { maxOutputLength: Math.min(SMALL_INFLATED_BYTES, sink.maxBytes) };
  try {
    if (encoding === 'gzip') sink.add(zlib.gunzipSync(body, options));
    else sink.add(isZlib(body) ? zlib.inflateSync(body, options) : zlib.inflateRawSync(body, options));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return false;
    throw error;
  }
}

function decoderOf(encoding: 'gzip' | 'deflate', body: Buffer): zlib.Gunzip {
  if (encoding === 'gzip') return zlib.createGunzip();
  return isZlib(body) ? zlib.createInflate() : zlib.createInflateRaw();
}

/** "deflate" means zlib (RFC 9110, 8.4.1.2), but some send it without the wrapper. Header: RFC 1950, 2.2. */
function isZlib(body: Buffer): boolean {
  return body.length >= 2 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

/** Runs `body` through a zlib stream, which ends with it, with an error, or when `sink` has had enough. */
export async function collect(decoder: NodeJS.ReadWriteStream, body: Buffer, sink: Sink): Promise<void> {
  decoder.end(body);
  for await (const chunk of decoder) sink.add(chunk as unknown as Uint8Array);
}

/** The body in slices, with a turn of the event loop between them: for decompressors that work on this thread. */
export async function* slices(body: Buffer): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) {
    if (at > 0) await breathe();
    yield body.subarray(at, at + SLICE_BYTES);
  }
}
