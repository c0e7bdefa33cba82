// Part of delivery: of a service that sends each request twice, a destination gets the copy in its own protocol (DESIGN section 5).
import type { Protocol } from '../correlation/speaker.ts';
import { FIRST_HEARING_MS, type Speakers } from '../correlation/speakers.ts';
import type { DestinationId, JournalRecord } from '../model/signals.ts';
import { serviceRuns } from '../protocols/otlp/services.ts';
import { readDocuments } from '../protocols/xray/datagram.ts';
import { skim } from '../protocols/xray/skim.ts';
import { append, type Chooser, EVERYTHING, oncePerPayload } from './choice.ts';
import type { Skip } from './exporter.ts';

type Known = Pick<Speakers, 'speaks' | 'peerSpeaks' | 'isSpoken' | 'firstHeardMs' | 'lastNewMs'>;

/** Items that one service recorded; undefined where only the peer is known. */
interface Run {
  service: string | undefined;
  from: number;
  to: number;
}

/** Native copies pass unseen. Translated ones are skipped where the service speaks the native protocol, and wait while that may still show. */
export function nativeFirst(destination: DestinationId, speakers: Known, nowMs: () => number): Chooser {
  const isXRay = destination === 'aws-xray';
  const [native, other]: readonly [Protocol, Protocol] = isXRay ? ['xray', 'otlp'] : ['otlp', 'xray'];
  const translated = isXRay ? 'traces' : 'segments';

  function isSkipped({ service }: Run, peer: string): boolean {
    if (service === undefined) return speakers.peerSpeaks(native, peer) ?? false;
    return speakers.speaks(native, service);
  }

  /** What is not heard of yet came a moment ago. */
  function openUntilMs({ service }: Run, { origin, receivedAtMs }: JournalRecord): number {
    if (service === '') return 0;
    const isKnown = service !== undefined || speakers.peerSpeaks(native, origin.peer) !== undefined;
    const sinceMs = service === undefined ? speakers.lastNewMs : speakers.firstHeardMs(service);
    return (isKnown && sinceMs !== undefined ? sinceMs : receivedAtMs) + FIRST_HEARING_MS;
  }

  /** True when nobody speaks the native protocol, nor may begin to: then no record needs to be looked at. */
  function isQuiet(): boolean {
    if (speakers.isSpoken(native) || !speakers.isSpoken(other)) return false;
    return (speakers.lastNewMs ?? Number.NEGATIVE_INFINITY) + FIRST_HEARING_MS <= nowMs();
  }

  return (record) => {
    // A dead letter is sent again where somebody wants it.
    if (record.signal !== translated || record.origin.replayOf !== undefined || isQuiet()) return EVERYTHING;
    const without: Skip[] = [];
    let undecidedUntilMs = 0;
    for (const run of runsOf(record)) {
      if (isSkipped(run, record.origin.peer))
        append(without, { from: run.from, to: run.to, code: 'native_first' });
      else undecidedUntilMs = Math.max(undecidedUntilMs, openUntilMs(run, record));
    }
    return undecidedUntilMs <= nowMs() ? { without } : { without, undecidedUntilMs };
  };
}

const runsOf = oncePerPayload(({ signal, payload }: JournalRecord): readonly Run[] => {
  try {
    return signal === 'traces' ? serviceRuns(payload) : documentRuns(payload);
  } catch {
    // What cannot be read is the encoder's to refuse.
    return [];
  }
});

function documentRuns(payload: Uint8Array): readonly Run[] {
  return readDocuments(payload).map((document, from) => {
    const { name, isSubsegment } = skim(document);
    return { service: isSubsegment ? undefined : name, from, to: from + 1 };
  });
}
