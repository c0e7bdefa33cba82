// Part of protocols/otlp: the answers to export requests, ours and the vendors'.
import type { OtlpSignal } from '../../model/signals.ts';
import { Fields, readUint64, WireType } from './wire.ts';
import { Writer } from './writer.ts';

export type Encoding = 'protobuf' | 'json';

export interface PartialSuccess {
  rejected: number;
  message: string;
}

/** The gRPC codes that our answers carry: https://grpc.io/docs/guides/status-codes/ */
export const StatusCodes = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

const REJECTED: Readonly<Record<OtlpSignal, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

/** google.rpc.Status: the body of an error answer. */
export function encodeStatus(code: number, message: string, type: Encoding): Uint8Array {
  if (type === 'json') return Buffer.from(JSON.stringify({ code, message }));
  const w = new Writer();
  w.varint(1, code);
  w.string(2, message);
  return w.finish();
}

/** Full success leaves `partial_success` unset: zero bytes, or `{}`. */
export function encodeExportResponse(
  signal: OtlpSignal,
  partial: PartialSuccess | undefined,
  type: Encoding,
): Uint8Array {
  if (type === 'json') {
    if (!partial) return Buffer.from('{}');
    const partialSuccess = { [REJECTED[signal]]: String(partial.rejected), errorMessage: partial.message };
    return Buffer.from(JSON.stringify({ partialSuccess }));
  }
  if (!partial) return new Uint8Array(0);
  const w = new Writer();
  const message = w.open(1);
  w.varint(1, partial.rejected);
  w.string(2, partial.message);
  w.close(message);
  return w.finish();
}

/** What a 2xx answer says was not taken; undefined when it says nothing, or nothing that can be read. Never throws. */
export function parseExportResponse(
  signal: OtlpSignal,
  body: Uint8Array,
  contentType: string,
): PartialSuccess | undefined {
  try {
    return /json/i.test(contentType) ? partialFromJson(signal, body) : partialFromProtobuf(body);
  } catch {
    return undefined;
  }
}

function partialFromJson(signal: OtlpSignal, body: Uint8Array): PartialSuccess | undefined {
  const partial = objectOf(objectOf(JSON.parse(textOf(body)))['partialSuccess']);
  const message = partial['errorMessage'];
  return partialOf(Number(partial[REJECTED[signal]] ?? 0), typeof message === 'string' ? message : '');
}

function partialFromProtobuf(body: Uint8Array): PartialSuccess | undefined {
  let rejected = 0;
  let message = '';
  const response = new Fields(body);
  while (response.next()) {
    if (response.number !== 1 || response.wireType !== WireType.LEN) continue;
    const partial = new Fields(body, response.from, response.to);
    while (partial.next()) {
      if (partial.number === 1 && partial.wireType === WireType.VARINT) {
        rejected = Number(BigInt.asIntN(64, readUint64(body, partial.from)));
      } else if (partial.number === 2 && partial.wireType === WireType.LEN) {
        message = textOf(body.subarray(partial.from, partial.to));
      }
    }
  }
  return partialOf(rejected, message);
}

function partialOf(rejected: number, message: string): PartialSuccess | undefined {
  if (!Number.isSafeInteger(rejected) || rejected < 0) return undefined;
  return rejected === 0 && message === '' ? undefined : { rejected, message };
}

/** The vendor's own words in an error body: a Status, a problem document (RFC 7807), or `{"error": …}`. Never throws. */
export function statusMessage(body: Uint8Array, contentType: string): string | undefined {
  try {
    return (
      (/json/i.test(contentType) ? messageFromJson(body) : messageFromProtobuf(body, contentType)) ||
      undefined
    );
  } catch {
    return undefined;
  }
}

function messageFromJson(body: Uint8Array): string | undefined {
  const json = objectOf(JSON.parse(textOf(body)));
  const words = [json['message'], json['error'], objectOf(json['error'])['message']].find(isText);
  if (words !== undefined) return words;
  return [json['title'], json['detail']].filter(isText).join(': ');
}

function messageFromProtobuf(body: Uint8Array, contentType: string): string | undefined {
  if (!/protobuf/i.test(contentType)) return undefined;
  let message: string | undefined;
  const status = new Fields(body);
  while (status.next()) {
    if (status.number === 2 && status.wireType === WireType.LEN) {
      message = textOf(body.subarray(status.from, status.to));
    }
  }
  return message;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
