// Part of the sandbox: from the bytes of an OTLP request to its message, by Honeycomb's rules (husky, OTLP specification).
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import type { OtlpSignal } from '../../model/signals.ts';
import { asObject, header, type VendorRequest } from '../vendor.ts';
import { REQUEST_TYPES } from './schema.ts';

/** What one ingest request may hold, on the wire and inflated: 15 MB (refinery issue 1131). */
export const MAX_REQUEST_BYTES = 15_000_000;

export type Format = 'protobuf' | 'json';

export type Read =
  | { message: Readonly<Record<string, unknown>>; refusal?: never }
  | { refusal: { status: number; message: string } };

/** Compared as exact strings: a parameter such as a charset is not understood (husky, IsContentTypeSupported). */
const CONTENT_TYPES: Readonly<Record<string, Format>> = {
  'application/protobuf': 'protobuf',
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
};

export function formatOf(request: VendorRequest): Format | undefined {
  const type = header(request, 'content-type') ?? '';
  return Object.hasOwn(CONTENT_TYPES, type) ? CONTENT_TYPES[type] : undefined;
}

/** The message as plain objects, int64 as strings and bytes as base64: nothing shares memory with the request. */
export function readBody(request: VendorRequest, signal: OtlpSignal, format: Format): Read {
  const tooLarge = { refusal: { status: 413, message: 'request body is too large' } };
  if (request.body.length > MAX_REQUEST_BYTES) return tooLarge;
  const type = REQUEST_TYPES[signal];
  try {
    const body = inflate(request.body, header(request, 'content-encoding'));
    if (body.length > MAX_REQUEST_BYTES) return tooLarge;
    const message =
      format === 'protobuf'
        ? type.decode(body)
        : type.fromObject(
            idsAsBytes(JSON.parse(Buffer.from(body).toString('utf8'))) as Record<string, unknown>,
          );
    return { message: type.toObject(message, { longs: String, bytes: String }) };
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      return tooLarge;
    const cause = error instanceof Error ? error.message : String(error);
    return { refusal: { status: 400, message: `failed to parse the request body: ${cause}` } };
  }
}

function inflate(body: Buffer, encoding: string | undefined): Uint8Array {
  if (encoding === undefined) return body;
  if (encoding === 'gzip') return gunzipSync(body, { maxOutputLength: MAX_REQUEST_BYTES });
  if (encoding === 'zstd') return decompress(body);
  throw new Error(`unsupported content encoding ${encoding}`);
}

/** OTLP/JSON writes ids as hex, where ProtoJSON would have base64. */
function idsAsBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(idsAsBytes);
  const object = asObject(value);
  if (!object) return value;
  const entries = Object.entries(object).map(([key, part]) => [
    key,
    isId(key) ? idBytes(part) : idsAsBytes(part),
  ]);
  return Object.fromEntries(entries);
}

const isId = (key: string) => key === 'traceId' || key === 'spanId' || key === 'parentSpanId';

function idBytes(value: unknown): Buffer {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/i.test(value)) throw new Error('an id is not hex');
  return Buffer.from(value, 'hex');
}
