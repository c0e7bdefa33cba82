// Part of receivers/otlp: a request, checked, goes to intake: as it came, or in pieces where it is large.
import { setImmediate as breathe } from 'node:timers/promises';
import { type Intake, RefusedError } from '../../intake/intake.ts';
import type { Room } from '../../intake/room.ts';
import type { Accepted, Origin, OtlpSignal } from '../../model/signals.ts';
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
 * Resolves with what was cut out, once the rest is in the journal. Nothing enters before all of it is found well-formed and has
 * its room in the journal: a client that is refused sends all of it again. Throws Refusal and MalformedError.
 */
export async function enter(intake: Intake, incoming: Incoming): Promise<CutOut | undefined> {
  const { signal, protobuf, found } = incoming;
  const isOne = found && protobuf.length <= WHOLE.bytes && found.summary.items <= WHOLE.items;
  const { items, invalid, crowded } = isOne
    ? await enterWhole(intake, incoming, found)
    : await enterInPieces(intake, incoming);
  if (invalid === 0) return undefined;
  return { rejected: invalid, crowded, message: explainInvalid(signal, items, invalid, crowded) };
}

async function enterWhole(intake: Intake, incoming: Incoming, found: Scan): Promise<Counts> {
  const { summary, invalid, crowded } = found;
  try {
    await enterOne(intake, incoming, incoming.protobuf, found);
  } catch (error) {
    throw refusalOf(error, summary.items);
  }
  return { items: summary.items, invalid: invalid.length, crowded };
}

async function enterInPieces(intake: Intake, incoming: Incoming): Promise<Counts> {
  const { signal, protobuf } = incoming;
  const { bytes, ...whole } = await countPieces(signal, protobuf);
  let left = whole.items;
  let room: Room | undefined;
  try {
    room = roomFor(intake, bytes);
    for await (const { piece, scanned } of scannedPieces(signal, protobuf)) {
      await enterOne(intake, incoming, piece, scanned, room);
      left -= scanned.summary.items;
    }
  } catch (error) {
    throw refusalOf(error, left);
  } finally {
    room?.release();
  }
  return whole;
}

function roomFor(intake: Intake, bytes: number): Room {
  const room = intake.setAside(bytes);
  if (room) return room;
  throw new RefusedError('journal_unavailable', 'the journal has no room for all of it now: try again');
}

async function enterOne(
  intake: Intake,
  { signal, receivedAtMs, origin }: Incoming,
  protobuf: Uint8Array,
  { summary, invalid }: Scan,
  room?: Room,
): Promise<void> {
  const record = { signal, receivedAtMs, origin };
  const accept = (accepted: Pick<Accepted, 'payload' | 'summary'>) =>
    intake.accept('otlp', { ...record, ...accepted }, undefined, room);
  if (summary.items === invalid.length) return;
  if (invalid.length === 0) return accept({ payload: protobuf, summary });
  const cutOut = new Set(invalid);
  const payload = select(signal, protobuf, (index) => !cutOut.has(index));
  return accept({ payload, summary: scan(signal, payload).summary });
}

interface Counts {
  items: number;
  invalid: number;
  crowded: number;
}

async function countPieces(signal: OtlpSignal, protobuf: Uint8Array): Promise<Counts & { bytes: number }> {
  const whole = { bytes: 0, items: 0, invalid: 0, crowded: 0 };
  for await (const { piece, scanned } of scannedPieces(signal, protobuf)) {
    whole.bytes += piece.length;
    whole.items += scanned.summary.items;
    whole.invalid += scanned.invalid.length;
    whole.crowded += scanned.crowded;
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

/** What is no refusal is passed on: a bug. */
function refusalOf(error: unknown, items: number): unknown {
  if (!(error instanceof RefusedError)) return error;
  const { code, message } = error;
  // The same bytes would fail again: 500 is not sent again.
  const refusal =
    code === 'redaction_failed'
      ? new Refusal(500, StatusCodes.INTERNAL, code, message)
      : notNow(code, message);
  refusal.items = items;
  return refusal;
}
