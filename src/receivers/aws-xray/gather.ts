// Part of receivers/aws-xray: documents of a few milliseconds become one record, so that a burst costs one append.
import { type Intake, RefusedError } from '../../intake/intake.ts';
import { type BufferPool, noPool } from '../../model/buffer-pool.ts';
import type { Clock } from '../../model/clock.ts';
import { frameDocuments, summarizeDocuments } from '../../protocols/xray/datagram.ts';

const RECEIVER = 'aws-xray';

/**
 * How long the first document waits for company. Measured at 5,000 datagrams/s with one write per record (Node 20): 20.7 µs
 * of CPU a datagram with setImmediate, 16.5 at 1 ms, 12.9 at 5 ms, 12.2 at 10 ms. Behind the receiver a record costs its write,
 * its header and a turn of each delivery as well, so 10: what a kill can take of what nobody was told is taken.
 */
export const GATHER_MS = 10;
/** A record is handed over early at this size. */
const RECORD_BYTES = 256 * 1024;
/** Bytes that may wait, gathered or in intake; UDP cannot be slowed down, so what comes beyond is refused and counted. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** What a document costs besides its bytes: its length, a Buffer and its place in a list. */
const OVERHEAD_BYTES = 200;

export interface Gatherer {
  /** Keeps a reference to `document` until it is appended: Node gives every datagram a buffer of its own. */
  add(document: Uint8Array, peer: string): void;
  /** Hands over what waits; resolves when intake has settled everything handed over so far. Never rejects. */
  flush(): Promise<void>;
}

interface Gathered {
  documents: Uint8Array[];
  bytes: number;
}

export function createGatherer(
  intake: Intake,
  clock: Clock,
  onFailure: (error: unknown) => void,
  pool: BufferPool = noPool,
): Gatherer {
  /** By peer, because who sent a document tells which application it belongs to. */
  const gathered = new Map<string, Gathered>();
  const accepting = new Set<Promise<void>>();
  let waitingBytes = 0;
  let cancelTimer: (() => void) | undefined;

  function handOver(peer: string, { documents, bytes }: Gathered): void {
    gathered.delete(peer);
    const payload = frameDocuments(documents, pool.take);
    const summary = summarizeDocuments(documents, payload);
    const accepted = {
      signal: 'segments',
      receivedAtMs: clock.now(),
      payload,
      summary,
      origin: { peer },
    } as const;
    const settled = intake
      .accept(RECEIVER, accepted)
      .catch((error: unknown) => {
        intake.refuse(RECEIVER, error instanceof RefusedError ? error.code : 'internal', documents.length);
        if (!(error instanceof RefusedError)) onFailure(error);
      })
      .finally(() => {
        waitingBytes -= bytes;
        accepting.delete(settled);
      });
    accepting.add(settled);
  }

  function handOverAll(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    for (const [peer, waiting] of gathered) handOver(peer, waiting);
  }

  return {
    add(document, peer) {
      const bytes = document.length + OVERHEAD_BYTES;
      if (waitingBytes + bytes > MAX_WAITING_BYTES) {
        intake.refuse(RECEIVER, 'overloaded', 1);
        return;
      }
      waitingBytes += bytes;
      let waiting = gathered.get(peer);
      if (!waiting) {
        waiting = { documents: [], bytes: 0 };
        gathered.set(peer, waiting);
      }
      waiting.documents.push(document);
      waiting.bytes += bytes;
      if (waiting.bytes >= RECORD_BYTES) handOver(peer, waiting);
      else cancelTimer ??= clock.schedule(GATHER_MS, handOverAll);
    },
    async flush() {
      handOverAll();
      await Promise.all(accepting);
    },
  };
}
