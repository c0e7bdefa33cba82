// Part of correlation: listens to what intake takes. It changes nothing of it, and what it costs is bounded.
import type { Clock } from '../model/clock.ts';
import type { Accepted } from '../model/signals.ts';
import { skim } from '../protocols/xray/skim.ts';
import type { Pairs } from './pairs.ts';
import { machineOf, requestsIn } from './requests.ts';
import type { Protocol } from './speaker.ts';
import type { Speakers } from './speakers.ts';

/** One document in this time is looked at for its name: 50 a second. */
const NAME_EVERY_MS = 20;
/** Names stand at the front. */
const NAME_BYTES = 16 * 1024;
const LENGTH_BYTES = 4;
/** Requests are read where a peer sent both within this time: a quiet backend has a request an hour, and each has to find its pair. */
const BOTH_WITHIN_MS = 86_400_000;
/** And of one that has begun to send: its segments come up to 5 s before its first spans. */
const NEW_PEER_MS = 60_000;
const MAX_PEERS = 256;
/**
 * So much is read of requests in a second, and of one record: what is more stays unpaired. Reading took 47 ms a MiB of spans and 20 of
 * segments (captures of Flask, niced on a busy machine), so this is 2.5 % of a core, and a record no more than the turn of 5 ms.
 */
const READ_BYTES_PER_SECOND = 512 * 1024;
const MAX_RECORD_BYTES: Readonly<Record<Protocol, number>> = { otlp: 96 * 1024, xray: 256 * 1024 };

export interface HearingOptions {
  speakers: Speakers;
  pairs: Pairs;
  clock: Pick<Clock, 'now'>;
}

/** For intake, as a processor. */
export function createHearing({ speakers, pairs, clock }: HearingOptions): (accepted: Accepted) => Accepted {
  const peers = new Peers();
  const budget = new Budget();
  let namedAtMs = Number.NEGATIVE_INFINITY;

  function hearNames({ signal, payload, summary, origin }: Accepted, nowMs: number): void {
    // Only spans describe requests: a service that sends logs or metrics alone has no native copy of its segments.
    if (signal === 'traces')
      for (const name of summary.services) speakers.heard('otlp', name, origin.peer, nowMs);
    // A clock that was set back must not stop this.
    else if (Math.abs(nowMs - namedAtMs) >= NAME_EVERY_MS) {
      namedAtMs = nowMs;
      const { name, isSubsegment } = skim(lastDocument(payload), NAME_BYTES);
      if (!isSubsegment) speakers.heard('xray', name, origin.peer, nowMs);
    }
  }

  function hearRequests(accepted: Accepted, side: Protocol, nowMs: number): void {
    if (accepted.summary.serverSpans === 0 || !budget.take(side, accepted.payload.length, nowMs)) return;
    try {
      for (const request of requestsIn(accepted)) pairs.see(side, request, nowMs);
    } catch {
      // What cannot be decoded is the exporters' to refuse.
    }
  }

  return (accepted) => {
    const { signal, origin } = accepted;
    if (origin.replayOf !== undefined || (signal !== 'traces' && signal !== 'segments')) return accepted;
    const nowMs = clock.now();
    const side: Protocol = signal === 'traces' ? 'otlp' : 'xray';
    hearNames(accepted, nowMs);
    if (peers.maySendBoth(origin.peer, side, nowMs)) hearRequests(accepted, side, nowMs);
    return accepted;
  };
}

/** SDKs send a segment after the subsegments that they stream. */
function lastDocument(payload: Uint8Array): Buffer {
  const documents = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  let start = 0;
  let end = 0;
  while (end + LENGTH_BYTES <= documents.length) {
    start = end + LENGTH_BYTES;
    end = start + documents.readUInt32BE(end);
  }
  return documents.subarray(start, end);
}

/** Who sends what, so that the requests of a peer that goes on sending one of both cost nothing. */
class Peers {
  readonly #lastMs = new Map<string, Record<Protocol | 'first', number>>();

  maySendBoth(peer: string, side: Protocol, nowMs: number): boolean {
    const name = machineOf(peer);
    let last = this.#lastMs.get(name);
    if (!last) {
      const oldest = this.#lastMs.keys().next();
      if (this.#lastMs.size >= MAX_PEERS && !oldest.done) this.#lastMs.delete(oldest.value);
      last = { otlp: Number.NEGATIVE_INFINITY, xray: Number.NEGATIVE_INFINITY, first: nowMs };
      this.#lastMs.set(name, last);
    }
    last[side] = nowMs;
    return (
      nowMs - last[side === 'otlp' ? 'xray' : 'otlp'] < BOTH_WITHIN_MS || nowMs - last.first < NEW_PEER_MS
    );
  }
}

class Budget {
  #second = 0;
  #bytes = 0;

  take(side: Protocol, bytes: number, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#bytes = 0;
    }
    if (bytes > MAX_RECORD_BYTES[side] || this.#bytes + bytes > READ_BYTES_PER_SECOND) return false;
    this.#bytes += bytes;
    return true;
  }
}
