// Part of the journal: segments in memory, for SIDECAST_DATA_DIR=memory and for a disk that fails.
import type { SegmentBytes, SegmentStore } from './store.ts';

export const memoryStore: SegmentStore = { create: async () => createMemorySegment() };

function createMemorySegment(): SegmentBytes {
  const chunks: { offset: number; bytes: Uint8Array }[] = [];
  let length = 0;
  return {
    isInMemory: true,
    isCompressed: false,
    get length() {
      return length;
    },
    get storedBytes() {
      return length;
    },
    async append(buffers) {
      // A copy: payloads go back to their pool when the log's tail lets go of them.
      const bytes = Buffer.concat(buffers);
      chunks.push({ offset: length, bytes });
      length += bytes.length;
    },
    async read(offset, bytes) {
      const from = firstChunkReaching(chunks, offset);
      const parts: Uint8Array[] = [];
      for (let i = from; i < chunks.length; i++) {
        const chunk = chunks[i];
        if (!chunk || chunk.offset >= offset + bytes) break;
        parts.push(chunk.bytes.subarray(Math.max(0, offset - chunk.offset), offset + bytes - chunk.offset));
      }
      return Buffer.concat(parts);
    },
    async sync() {},
    isLinked: () => true,
    async close() {},
    async remove() {},
  };
}
function firstChunkReaching(
  chunks: readonly { offset: number; bytes: Uint8Array }[],
  offset: number,
): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const chunk = chunks[middle];
    if (chunk && chunk.offset + chunk.bytes.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
