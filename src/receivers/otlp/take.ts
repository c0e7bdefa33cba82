// Part of receivers/otlp: one export request, from its headers to the journal.
import type { IncomingMessage } from 'node:http';
import type { Reservation } from '../../intake/admission.ts';
import type { Intake } from '../../intake/intake.ts';
import type { BufferPool } from '../../model/buffer-pool.ts';
import type { Clock } from '../../model/clock.ts';
import { plainAddress } from '../../model/peer.ts';
import type { Origin, OtlpSignal } from '../../model/signals.ts';
import { sniffProtobuf } from '../../protocols/otlp/sniff.ts';
import { type Encoding, StatusCodes } from '../../protocols/otlp/status.ts';
import { overloaded, readBody, UNKNOWN_LENGTH_BYTES } from './body.ts';
import { scanned } from './convert-json.ts';
import { type CutOut, enter, type Incoming, WHOLE } from './enter.ts';
import { contentEncoding, inflate, type Sink } from './inflate.ts';
import type { JsonConverter } from './json-converter.ts';
import { notNow, Refusal, tooLarge } from './refusal.ts';

export interface TakeOptions {
  maxRequestBytes: number;
  intake: Intake;
  clock: Clock;
  /** Bodies come from here; what reaches the journal goes back when everybody has settled it. */
  pool: BufferPool;
  json: JsonConverter;
  /** What a record stores of the Honeycomb key that the client sent. */
  keyRefOf?: (key: string | undefined) => string | undefined;
}

export interface Taken {
  signal: OtlpSignal;
  /** Items that were cut out; the others are in the journal. */
  partial: CutOut | undefined;
}

/** `signal` is undefined for POST /. Throws Refusal, MalformedError, GoneError; any other error is a bug. */
export async function take(
  request: IncomingMessage,
  signal: OtlpSignal | undefined,
  type: Encoding,
  options: TakeOptions,
): Promise<Taken> {
  const encoding = contentEncoding(request.headers['content-encoding']);
  const reservation = reserve(request, options);
  try {
    const raw = await readBody(request, options.maxRequestBytes, reservation, options.pool);
    // The client has said all: it is our work that the connection waits for, not a client that fell silent.
    request.socket.setTimeout(0);
    const body =
      encoding === 'identity' || raw.length === 0
        ? raw
        : await inflated(encoding, raw, options.maxRequestBytes, reservation);
    if (body.length === 0) return { signal: signal ?? 'traces', partial: undefined };
    return await accept(request, body, signal, type, options);
  } finally {
    reservation.release();
  }
}

/** Decided before anything is read: the body's bytes are set aside, or the client is asked to come again. */
function reserve(request: IncomingMessage, { maxRequestBytes, intake }: TakeOptions): Reservation {
  const header = request.headers['content-length'];
  const length = header === undefined ? UNKNOWN_LENGTH_BYTES : Number(header);
  if (header !== undefined && length > maxRequestBytes) throw tooLarge(maxRequestBytes);
  if (!intake.hasRoom(length)) {
    throw notNow('journal_unavailable', 'the journal can take no more now: try again');
  }
  const reservation = intake.admission.reserve(length);
  if (!reservation) throw overloaded();
  return reservation;
}

async function inflated(
  encoding: Parameters<typeof inflate>[0],
  raw: Buffer,
  maxBytes: number,
  reservation: Reservation,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const sink: Sink = {
    maxBytes,
    add(chunk) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (!reservation.growTo(raw.length + size)) throw overloaded();
      chunks.push(chunk);
    },
  };
  await inflate(encoding, raw, sink);
  return Buffer.concat(chunks, size);
}

async function accept(
  request: IncomingMessage,
  body: Buffer,
  known: OtlpSignal | undefined,
  type: Encoding,
  { intake, clock, json, keyRefOf }: TakeOptions,
): Promise<Taken> {
  const converted = (await asProtobuf(known, body, type, json)) ?? unknownSignal();
  const incoming = { ...converted, receivedAtMs: clock.now(), origin: originOf(request, keyRefOf) };
  return { signal: converted.signal, partial: await enter(intake, incoming) };
}

/** Undefined when nothing shows which signal it is. */
async function asProtobuf(
  known: OtlpSignal | undefined,
  body: Buffer,
  type: Encoding,
  json: JsonConverter,
): Promise<Pick<Incoming, 'signal' | 'protobuf' | 'found'> | undefined> {
  if (type === 'json') return json.convert(known, body);
  const signal = known ?? sniffProtobuf(body);
  if (!signal || body.length <= WHOLE.bytes) return signal && scanned(signal, body);
  return { signal, protobuf: body, found: undefined };
}

function unknownSignal(): never {
  throw new Refusal(
    404,
    StatusCodes.NOT_FOUND,
    'malformed',
    'POST / does not say which signal this is, and the body does not show it: send to /v1/traces, /v1/logs or ' +
      '/v1/metrics. OTEL_EXPORTER_OTLP_ENDPOINT gets these paths appended; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and ' +
      'its siblings are used as they are and must end in one',
  );
}

function originOf(request: IncomingMessage, keyRefOf: TakeOptions['keyRefOf']): Origin {
  const dataset = request.headers['x-honeycomb-dataset'];
  const keyRef = keyRefOf?.(request.headers['x-honeycomb-team']?.toString().trim());
  return {
    peer: plainAddress(request.socket.remoteAddress ?? ''),
    ...(typeof dataset === 'string' && dataset !== '' && { dataset }),
    ...(keyRef !== undefined && { keyRef }),
  };
}
