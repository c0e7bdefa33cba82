// Part of receivers/aws-xray: memory of both threads. The one with the sockets fills blocks, the main thread empties them.

/** A batch is handed over early at this size. */
export const BLOCK_BYTES = 256 * 1024;
/**
 * 16 MiB may wait: half a second at 20,000 datagrams/s, two at 5,000. With 8 MiB, a burst at 20,000/s beside three busy processes
 * on two cores lost 65 of 40,000 datagrams here, none in the kernel. Memory that was never written to costs nothing.
 */
export const BLOCKS = 64;

/** Before the blocks: how many datagrams are in hand, then for each block whether it is in use. */
const HEADER_BYTES = (1 + BLOCKS) * Int32Array.BYTES_PER_ELEMENT;
const IN_HAND = 0;
const FREE = 0;
const IN_USE = 1;

export interface Blocks {
  /** For the other thread: `blocksIn(memory)` there is the same. */
  readonly memory: SharedArrayBuffer;
  /** Undefined when as much waits as may wait. */
  take(): number | undefined;
  free(block: number): void;
  inUse(): number;
  bytes(block: number): Buffer;
  /** Datagrams that were received and not handed over: known here even if the thread that received them dies. */
  inHand: number;
}

export function createBlocks(): Blocks {
  return blocksIn(new SharedArrayBuffer(HEADER_BYTES + BLOCKS * BLOCK_BYTES));
}

export function blocksIn(memory: SharedArrayBuffer): Blocks {
  const header = new Int32Array(memory, 0, 1 + BLOCKS);
  const isFree = (block: number) => Atomics.load(header, 1 + block) === FREE;
  return {
    memory,
    take() {
      // The lowest first: the others' memory stays untouched.
      for (let block = 0; block < BLOCKS; block++) {
        if (!isFree(block)) continue;
        Atomics.store(header, 1 + block, IN_USE);
        return block;
      }
      return undefined;
    },
    free: (block) => void Atomics.store(header, 1 + block, FREE),
    inUse() {
      let count = 0;
      for (let block = 0; block < BLOCKS; block++) if (!isFree(block)) count++;
      return count;
    },
    bytes: (block) => Buffer.from(memory, HEADER_BYTES + block * BLOCK_BYTES, BLOCK_BYTES),
    get inHand() {
      return Atomics.load(header, IN_HAND);
    },
    set inHand(datagrams) {
      Atomics.store(header, IN_HAND, datagrams);
    },
  };
}
