// Part of correlation: listens to what intake takes. It changes nothing of it, and what it costs is bounded.
import type { Clock } from '../model/clock.ts';
import type { Accepted } from '../model/signals.ts';
import { skim } from '../protocols/xray/skim.ts';
import type { Speakers } from './speakers.ts';

/** One document in this time is looked at for its name: 50 a second. */
const NAME_EVERY_MS = 20;
/** Names stand at the front. */
const NAME_BYTES = 16 * 1024;
const LENGTH_BYTES = 4;

export interface HearingOptions {
  speakers: Speakers;
  clock: Pick<Clock, 'now'>;
}

/** For intake, as a processor. */
export function createHearing({ speakers, clock }: HearingOptions): (accepted: Accepted) => Accepted {
  let namedAtMs = Number.NEGATIVE_INFINITY;

  function hearSegments({ payload, origin }: Accepted, nowMs: number): void {
    // A clock that was set back must not stop this.
    if (Math.abs(nowMs - namedAtMs) < NAME_EVERY_MS) return;
    namedAtMs = nowMs;
    const { name, isSubsegment } = skim(lastDocument(payload), NAME_BYTES);
    if (!isSubsegment) speakers.heard('xray', name, origin.peer, nowMs);
  }

  return (accepted) => {
    const { signal, summary, origin } = accepted;
    if (origin.replayOf !== undefined) return accepted;
    const nowMs = clock.now();
    if (signal === 'segments') hearSegments(accepted, nowMs);
    // Only spans describe requests: a service that sends logs or metrics alone has no native copy of its segments.
    if (signal === 'traces')
      for (const name of summary.services) speakers.heard('otlp', name, origin.peer, nowMs);
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
