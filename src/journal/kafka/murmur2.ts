// Part of the journal in Kafka: which partition a key belongs to, as Kafka's own clients find it: murmur2, the sign bit off, modulo
// (org.apache.kafka.common.utils.Utils). Spans of one trace meet, whoever wrote them.

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** Of a key whose length is a multiple of four, as that of a trace id in hex digits is. */
export function murmur2(key: Uint8Array): number {
  let h = SEED ^ key.length;
  for (let at = 0; at < key.length; at += 4) {
    let k = key[at]! | (key[at + 1]! << 8) | (key[at + 2]! << 16) | (key[at + 3]! << 24);
    k = Math.imul(k, M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
