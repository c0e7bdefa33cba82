// Part of processors/redact: HMAC-SHA-256 (RFC 2104) of short texts, of which a dirty document has thousands.
import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Most values are shorter; a longer one gets a buffer of its own. */
const USUAL_BYTES = 512;

/** From `createHmac` by two hashes in one go: 1.3 instead of 12 µs on Node 24, 1.4 instead of 1.9 on Node 20. Texts are Latin-1. */
export function createKeyedHash(key: Uint8Array): (text: string) => string {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key);
  const inner = Buffer.alloc(BLOCK_BYTES + USUAL_BYTES);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let i = 0; i < BLOCK_BYTES; i++) {
    inner[i] = block[i]! ^ 0x36;
    outer[i] = block[i]! ^ 0x5c;
  }
  return (text) => {
    const bytes = BLOCK_BYTES + text.length;
    const padded = bytes <= inner.length ? inner : Buffer.concat([inner, Buffer.alloc(text.length)]);
    padded.write(text, BLOCK_BYTES, 'latin1');
    outer.set(hash('sha256', padded.subarray(0, bytes), 'buffer'), BLOCK_BYTES);
    return hash('sha256', outer, 'hex');
  };
}
