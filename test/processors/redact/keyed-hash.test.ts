// Part of the tests of processors/redact: the hash is HMAC-SHA-256, whatever key and text are.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKeyedHash } from '../../../src/processors/redact/keyed-hash.ts';

const text = fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

it('says what createHmac says, of any text and key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.array(text, { maxLength: 4 }), (key, texts) => {
      const keyedHash = createKeyedHash(key);
      for (const one of texts)
        expect(keyedHash(one)).toBe(createHmac('sha256', key).update(one, 'latin1').digest('hex'));
    }),
  );
});
