// Part of receivers/aws-xray: batches of datagrams into intake, as one record for each peer.
import { type Intake, RefusedError } from '../../intake/intake.ts';
import type { BufferPool } from '../../model/buffer-pool.ts';
import { copyInto } from '../../model/copy.ts';
import type { Accepted } from '../../model/signals.ts';
import { summarizeDocuments } from '../../protocols/xray/datagram.ts';
import type { Blocks } from './blocks.ts';
import type { Batch, Run } from './messages.ts';
import type { RefusedDatagrams } from './refused-log.ts';

const RECEIVER = 'aws-xray';

export interface HandIn {
  /** Resolves when all of it is in the journal or counted as refused. Never rejects. */
  take(batch: Batch, blocks: Blocks): Promise<void>;
  /** Resolves when all that was taken so far is. */
  settled(): Promise<void>;
}

export interface HandInEvents {
  /** Counted already. */
  onRefused(refused: RefusedDatagrams): void;
  /** A bug; what is lost by it is counted already. */
  onFailure(error: unknown): void;
}

export function createHandIn(
  intake: Intake,
  pool: BufferPool,
  { onRefused, onFailure }: HandInEvents,
): HandIn {
  const underWay = new Set<Promise<void>>();

  async function accept(accepted: Accepted): Promise<void> {
    try {
      await intake.accept(RECEIVER, accepted);
    } catch (error) {
      const code = error instanceof RefusedError ? error.code : 'internal';
      const datagrams = accepted.summary.items;
      intake.refuse(RECEIVER, code, datagrams);
      if (error instanceof RefusedError) onRefused({ code, datagrams, peer: accepted.origin.peer });
      else onFailure(error);
    }
  }

  return {
    async take({ block, runs, receivedAtMs }, blocks) {
      if (block === undefined) return;
      const records = recordsOf(blocks.bytes(block), runs, receivedAtMs, pool);
      const accepting = Promise.all(records.map(accept)).then(() => blocks.free(block));
      underWay.add(accepting);
      await accepting;
      underWay.delete(accepting);
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}

/** Copies, because the block is filled again. */
function recordsOf(block: Buffer, runs: readonly Run[], receivedAtMs: number, pool: BufferPool): Accepted[] {
  const byPeer = new Map<string, Buffer[]>();
  let offset = 0;
  for (const { peer, bytes } of runs) {
    const run = block.subarray(offset, offset + bytes);
    const others = byPeer.get(peer);
    if (others) others.push(run);
    else byPeer.set(peer, [run]);
    offset += bytes;
  }
  return [...byPeer].map(([peer, ofPeer]) => {
    const payload = joined(ofPeer, pool);
    const summary = summarizeDocuments(payload);
    return { signal: 'segments', receivedAtMs, payload, summary, origin: { peer } };
  });
}

function joined(pieces: readonly Uint8Array[], pool: BufferPool): Buffer {
  const payload = pool.take(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    copyInto(payload, piece, offset);
    offset += piece.length;
  }
  return payload;
}
