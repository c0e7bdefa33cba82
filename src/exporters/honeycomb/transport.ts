// Part of exporters/honeycomb: one request, and what each answer means.
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { EncodedItem, ExportResult } from '../../delivery/exporter.ts';
import { MAX_SHOWN_BYTES, type Meaning, resultOf } from '../../delivery/meaning.ts';
import { sendWithKey } from '../../delivery/with-key.ts';
import { type HttpAnswer, type HttpClient, HttpError } from '../../http/client.ts';
import { retryAfterMs } from '../../http/retry-after.ts';
import { unanswered } from '../../http/unanswered.ts';
import type { Clock } from '../../model/clock.ts';
import type { Reason } from '../../model/reasons.ts';
import type { Shelf } from '../../model/shelf.ts';
import { parseExportResponse, statusMessage } from '../../protocols/otlp/status.ts';
import type { AppKeys } from './app-keys.ts';
import { endpointFor, type HoneycombConfig } from './config.ts';
import type { Part } from './encoder.ts';
import { keyProblem } from './keys.ts';

export interface TransportContext {
  http: HttpClient;
  clock: Clock;
  userAgent: string;
  appKeys: AppKeys;
  /** Where documents that became spans wait to be sent. */
  shelf?: Shelf;
}

export type Transport = (items: readonly EncodedItem<Part>[], signal: AbortSignal) => Promise<ExportResult>;

const APP_KEY_FIX =
  'Give the app a key that may send events: x-honeycomb-team in OTEL_EXPORTER_OTLP_HEADERS.';

/**
 * Statuses as the vendor documents them. Anything else is not the vendor speaking, or a wrong path: the data is held, not
 * refused.
 */
export const meanings = (key: HoneycombConfig['apiKey']): Readonly<Record<number, Meaning>> => ({
  400: {
    status: 'rejected',
    code: 'vendor_rejected',
    message: 'Honeycomb cannot read the request',
    fix: 'Look at the dead letter.',
  },
  401: {
    status: 'blocked',
    code: 'unauthorized',
    message: 'Honeycomb refuses the key',
    fix: key?.remedy('an ingest key of this region') ?? APP_KEY_FIX,
  },
  403: {
    status: 'blocked',
    code: 'forbidden',
    message: 'the Honeycomb key may not send events',
    fix:
      key?.remedy('a key with the permission Send Events (and Create Dataset for new services)') ??
      APP_KEY_FIX,
  },
  413: {
    status: 'rejected',
    code: 'too_large',
    message: 'Honeycomb finds the request too large',
    fix: 'Record less in one item.',
  },
  415: {
    status: 'rejected',
    code: 'vendor_rejected',
    message: 'Honeycomb does not take the content type',
    fix: 'Please report this.',
  },
  422: {
    status: 'rejected',
    code: 'vendor_rejected',
    message: 'Honeycomb finds the request invalid',
    fix: 'Look at the dead letter.',
  },
  429: {
    status: 'retryable',
    code: 'throttled',
    message: 'Honeycomb asks to slow down',
    fix: 'Nothing: it is sent again. Look at the usage of the team if it stays.',
  },
});
const SERVER_ERROR: Meaning = {
  status: 'retryable',
  code: 'vendor_unavailable',
  message: 'Honeycomb answers with a server error',
  fix: 'Nothing: it is sent again.',
};
export const MISDIRECTED: Meaning = {
  status: 'blocked',
  code: 'misdirected',
  message: 'the answer does not look like Honeycomb',
  fix: 'Check HONEYCOMB_API_ENDPOINT (a base URL) and HTTPS_PROXY.',
};

/** Until the app sends its key again: keys are kept in memory only. */
const KEY_UNKNOWN: Reason = {
  code: 'key_unknown',
  message: 'the app has not sent its key since sidecast started',
  fix: 'Nothing: it is sent once the app sends something. Set HONEYCOMB_API_KEY to have the key at hand.',
};
/** What was taken in under a key that is not set any more. */
const NO_KEY: Reason = {
  code: 'key_unknown',
  message: 'the key under which this was taken in is not set any more',
  fix: 'Set HONEYCOMB_API_KEY to an ingest key.',
};

const TIMEOUT_MS = 10_000;
/** A count and a sentence: what is longer is no answer to an export. */
const MAX_RESPONSE_BYTES = 64 * 1024;

export function createTransport(
  config: HoneycombConfig,
  { http, clock, userAgent, appKeys, shelf }: TransportContext,
): Transport {
  const compressor = chooseCompressor(config.compression);
  const urls = {
    traces: endpointFor(config, '/v1/traces'),
    logs: endpointFor(config, '/v1/logs'),
    metrics: endpointFor(config, '/v1/metrics'),
  };
  const meaningOf = meanings(config.apiKey);
  const headers: Record<string, string> = {
    'content-type': 'application/x-protobuf',
    'user-agent': userAgent,
    ...(compressor.name === 'none' ? {} : { 'content-encoding': compressor.name }),
  };

  return async (items, signal) => {
    const [first] = items;
    if (!first) return { status: 'delivered', refused: [] };
    const { signal: kind, dataset, keyRef } = first.value;
    const appKey = config.apiKey || keyRef === undefined ? undefined : appKeys.reveal(keyRef);
    if (!config.apiKey && appKey === undefined)
      return { status: 'blocked', reason: keyRef === undefined ? NO_KEY : KEY_UNKNOWN };
    const body = await compressor.compress(items.map((item) => item.value.bytes));
    const send = async (key: string): Promise<ExportResult> => {
      const reason = keyProblem(key, { signal: kind, dataset }, config.apiKey);
      if (reason) return { status: 'blocked', reason };
      const keyed = { ...headers, 'x-honeycomb-team': key };
      const answer = await http.request({
        method: 'POST',
        url: urls[kind],
        headers: dataset === undefined ? keyed : { ...keyed, 'x-honeycomb-dataset': dataset },
        body,
        timeoutMs: TIMEOUT_MS,
        signal,
      });
      return answer.status === 200 ? readSuccess(kind, answer) : readFailure(answer, meaningOf, clock.now());
    };
    try {
      const result = await (appKey === undefined ? sendWithKey(config.apiKey, send) : send(appKey));
      // What was refused without being named is wanted for its dead letter.
      if (result.status === 'delivered' && !result.anonymous)
        shelf?.takeOff(items.flatMap(({ value }) => value.shelved ?? []));
      return result;
    } catch (error) {
      if (error instanceof HttpError) return { status: 'retryable', ...unanswered(error) };
      throw error;
    }
  };
}

function readSuccess(kind: Part['signal'], answer: HttpAnswer): ExportResult {
  const type = answer.headers['content-type'] ?? '';
  // An OTLP answer has the type of the request. A captive portal or a proxy answers 200 as well, and has taken nothing.
  const isEncoded = (answer.headers['content-encoding'] ?? 'identity') !== 'identity';
  const isAlien = answer.body.length > 0 && (isEncoded || !/protobuf|json/i.test(type));
  if (isAlien || answer.body.length > MAX_RESPONSE_BYTES) {
    const body = Buffer.from(answer.body).toString('utf8', 0, MAX_SHOWN_BYTES);
    return resultOf(MISDIRECTED, `200 with ${type || 'no content type'}`, { status: 200, body }, undefined);
  }
  const partial = parseExportResponse(kind, answer.body, type);
  if (!partial || partial.rejected === 0) return { status: 'delivered', refused: [] };
  return {
    status: 'delivered',
    refused: [],
    anonymous: { items: partial.rejected, message: partial.message },
  };
}

function readFailure(
  answer: HttpAnswer,
  meaningOf: Readonly<Record<number, Meaning>>,
  nowMs: number,
): ExportResult {
  const meaning = meaningOf[answer.status] ?? (answer.status >= 500 ? SERVER_ERROR : MISDIRECTED);
  const said = statusMessage(answer.body, answer.headers['content-type'] ?? '');
  const words = said ? `${answer.status}: ${said}` : String(answer.status);
  const body = Buffer.from(answer.body).toString('utf8', 0, MAX_SHOWN_BYTES);
  return resultOf(meaning, words, { status: answer.status, body }, retryAfterMs(answer.headers, nowMs));
}

interface Compressor {
  name: 'zstd' | 'gzip' | 'none';
  compress(parts: readonly Uint8Array[]): Promise<Uint8Array>;
}

/** Node 22.15 and later; the types are those of Node 20, which has no zstd. */
interface WithZstd {
  zstdCompressSync?(buffer: Uint8Array, options: { params: Record<number, number> }): Buffer;
  constants: { ZSTD_c_compressionLevel?: number };
}
const { zstdCompressSync, constants } = zlib as unknown as WithZstd;

/**
 * Level 1 of zstd beats level 3 on Flask-like spans: 29 instead of 30 bytes a span at 0.29 instead of 0.38 µs (Node 24,
 * requests of 462 KB). In one go on the main thread: the asynchronous form costs 1.4 µs a span, in copies and hand-overs.
 */
const FASTEST = 1;

function chooseCompressor(wanted: HoneycombConfig['compression']): Compressor {
  if (wanted === 'none') return { name: 'none', compress: async (parts) => Buffer.concat(parts) };
  if (wanted !== 'gzip' && zstdCompressSync && constants.ZSTD_c_compressionLevel !== undefined) {
    const options = { params: { [constants.ZSTD_c_compressionLevel]: FASTEST } };
    return { name: 'zstd', compress: async (parts) => zstdCompressSync(joined(parts), options) };
  }
  const gzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);
  return {
    name: 'gzip',
    async compress(parts) {
      const body = joined(parts);
      return body.length > MAX_SYNC_GZIP_BYTES
        ? gzip(body, { level: FASTEST })
        : zlib.gzipSync(body, { level: FASTEST });
    },
  };
}

/** gzip takes about 3.3 ms for this much, zstd 0.9 ms a megabyte: no turn of the event loop beyond 5 ms (DESIGN section 1). */
const MAX_SYNC_GZIP_BYTES = 1024 * 1024;

/** Parts of a request are joined here and compressed at once, so one place serves all and makes no garbage. */
let scratch = Buffer.alloc(0);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  if (bytes > MAX_SYNC_GZIP_BYTES) return Buffer.concat(parts, bytes);
  if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(MAX_SYNC_GZIP_BYTES);
  let at = 0;
  for (const part of parts) {
    scratch.set(part, at);
    at += part.length;
  }
  return scratch.subarray(0, bytes);
}
