// Part of receivers/otlp: a request, checked, goes to intake: as it came, or in pieces where it is large.
import { setImmediate as breathe } from 'node:timers/promises';
import { type Intake, RefusedError } from '../../intake/intake.ts';
import type { Origin, OtlpSignal } from '../../model/signals.ts';
import { type PieceLimits, pieces } from '../../protocols/otlp/pieces.ts';
import { explainInvalid, type Scan, scan } from '../../protocols/otlp/scan.ts';
import { select } from '../../protocols/otlp/select.ts';
import { type PartialSuccess, StatusCodes } from '../../protocols/otlp/status.ts';
import { notNow, Refusal } from './refusal.ts';

/**
 * A record is scanned, searched and encoded in one turn of the event loop by each who does so. What SDKs send stays below and enters
 * as it came; what is larger does so in pieces of which each takes some 10 ms to become documents and events.
 */
export const WHOLE: PieceLimits = { bytes: 512 * 1024, items: 2000 };
const PIECES: PieceLimits = { bytes: 256 * 1024, items: 500 };

export interface Incoming {
  signal: OtlpSignal;
  protobuf: Uint8Array;
  /** Of a large request only where somebody has scanned it already. */
  found: Scan | undefined;
  receivedAtMs: number;
  origin: Origin;
}

/** What was cut out: the client hears of all of it, the books by reason. */
export interface CutOut extends PartialSuccess {
  crowded: number;
}

/**
 * Resolves with what was cut out, once the rest is in the journal. Nothing enters before all of it is found well-formed. Throws
 * Refusal and MalformedError.
 */
export async function enter(intake: Intake, incoming: Incoming): Promise<CutOut | undefined> {
  const { signal, protobuf, found } = incoming;
  const one = found && isSmall(protobuf, found) ? found : undefined;
  const whole = one ? countsOf(one) : await countPieces(signal, protobuf);
  let left = whole.items;
  try {
    if (one) await enterOne(intake, incoming, protobuf, one);
    else
      for await (const { piece, scanned } of scannedPieces(signal, protobuf)) {
        await enterOne(intake, incoming, piece, scanned);
        left -= scanned.summary.items;
      }
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const refusal = error.code === 'redaction_failed' ? failed(error) : notNow(error.code, error.message);
    refusal.items = left;
    throw refusal;
  }
  if (whole.invalid === 0) return undefined;
  const { items, invalid, crowded } = whole;
  return { rejected: invalid, crowded, message: explainInvalid(signal, items, invalid, crowded) };
}

function isSmall({ length }: Uint8Array, { summary }: Scan): boolean {
  return length <= WHOLE.bytes && summary.items <= WHOLE.items;
}

async function enterOne(
  intake: Intake,
  { signal, receivedAtMs, origin }: Incoming,
  protobuf: Uint8Array,
  { summary, invalid }: Scan,
): Promise<void> {
  const record = { signal, receivedAtMs, origin };
  if (summary.items === invalid.length) return;
  if (invalid.length === 0) return intake.accept('otlp', { ...record, payload: protobuf, summary });
  const cutOut = new Set(invalid);
  const payload = select(signal, protobuf, (index) => !cutOut.has(index));
  return intake.accept('otlp', { ...record, payload, summary: scan(signal, payload).summary });
}

interface Counts {
  items: number;
  invalid: number;
  crowded: number;
}

function countsOf({ summary, invalid, crowded }: Scan): Counts {
  return { items: summary.items, invalid: invalid.length, crowded };
}

async function countPieces(signal: OtlpSignal, protobuf: Uint8Array): Promise<Counts> {
  const whole: Counts = { items: 0, invalid: 0, crowded: 0 };
  for await (const { scanned } of scannedPieces(signal, protobuf)) {
    const { items, invalid, crowded } = countsOf(scanned);
    whole.items += items;
    whole.invalid += invalid;
    whole.crowded += crowded;
  }
  return whole;
}

async function* scannedPieces(
  signal: OtlpSignal,
  protobuf: Uint8Array,
): AsyncGenerator<{ piece: Uint8Array; scanned: Scan }> {
  for (const piece of pieces(signal, protobuf, PIECES)) {
    if (piece) yield { piece, scanned: scan(signal, piece) };
    await breathe();
  }
}

/** The same bytes would fail again: 500 is not sent again. */
function failed({ code, message }: RefusedError): Refusal {
  return new Refusal(500, StatusCodes.INTERNAL, code, message);
}
