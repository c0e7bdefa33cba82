// Part of receivers/aws-xray: documents of a few milliseconds become one batch, so that a burst costs one append.
import type { Clock } from '../../model/clock.ts';
import { framedBytes, parseDatagram, writeFramed } from '../../protocols/xray/datagram.ts';
import { BLOCK_BYTES, type Blocks } from './blocks.ts';
import type { Batch, Refused, RefusedCode, Run } from './messages.ts';

/**
 * How long the first document waits for company. Measured at 5,000 datagrams/s with one write per record (Node 20): 20.7 µs
 * of CPU a datagram with setImmediate, 16.5 at 1 ms, 12.9 at 5 ms, 12.2 at 10 ms. Behind the receiver a record costs its write,
 * its header and a turn of each delivery as well: all the way to X-Ray, 20 ms take 11 % less than 10, 40 ms 7 % less than 20, and 100 ms
 * no less than 40 (Node 24, in turns). What a kill can take of what nobody was told is taken.
 */
export const GATHER_MS = 40;

export interface Gatherer {
  /** Copies what it needs of `message`. */
  add(message: Uint8Array, peer: string): void;
  /** Hands over what it has now. */
  flush(): void;
}

export function createGatherer(blocks: Blocks, clock: Clock, handOver: (batch: Batch) => void): Gatherer {
  let block: number | undefined;
  let target: Buffer | undefined;
  let filledBytes = 0;
  let runs: Run[] = [];
  const refused = new Map<RefusedCode, Refused>();
  let cancelTimer: (() => void) | undefined;

  function keep(document: Uint8Array, peer: string): void {
    const bytes = framedBytes(document);
    if (filledBytes + bytes > BLOCK_BYTES) flush();
    if (!target) {
      block = blocks.take();
      if (block === undefined) {
        refuse('overloaded', peer);
        return;
      }
      target = blocks.bytes(block);
    }
    filledBytes = writeFramed(target, document, filledBytes);
    const last = runs.at(-1);
    if (last?.peer === peer) last.bytes += bytes;
    else runs.push({ peer, bytes });
    count();
  }

  function refuse(code: RefusedCode, peer: string): void {
    const datagrams = (refused.get(code)?.datagrams ?? 0) + 1;
    refused.set(code, { code, datagrams, peer });
    count();
  }

  function count(): void {
    blocks.inHand += 1;
    cancelTimer ??= clock.schedule(GATHER_MS, onDue);
  }

  /** While an earlier block is on its way, this one may grow: a slow journal gets few large records. */
  function onDue(): void {
    if (target && blocks.inUse() > 1) cancelTimer = clock.schedule(GATHER_MS, onDue);
    else flush();
  }

  function flush(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    if (blocks.inHand === 0) return;
    handOver({ receivedAtMs: clock.now(), block, runs, refused: [...refused.values()] });
    blocks.inHand = 0;
    block = undefined;
    target = undefined;
    filledBytes = 0;
    runs = [];
    refused.clear();
  }

  return {
    add(message, peer) {
      const datagram = parseDatagram(message);
      if (datagram.ok) keep(datagram.document, peer);
      else if (datagram.code !== 'empty') refuse(datagram.code, peer);
    },
    flush,
  };
}
