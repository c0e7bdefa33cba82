// Part of the tests: model/json-literal: what JSON.stringify writes, in bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { literalOf, literalOfText } from '../../src/model/json-literal.ts';
import { compiledAndWritten } from '../support/wat.ts';

const stringified = (text: string) => Buffer.from(JSON.stringify(text));

describe('a JSON string literal', () => {
  it('is what JSON.stringify writes, of any text', () => {
    const char = fc.oneof(
      fc.constantFrom('"', '\\', '/', '\u007f', '\u2028', 'é', '漢', '😀'),
      fc.integer({ min: 0, max: 0x1f }).map((code) => String.fromCharCode(code)),
      fc.string({ minLength: 1, maxLength: 12 }),
    );
    fc.assert(
      fc.property(
        fc.array(char, { maxLength: 60 }).map((chars) => chars.join('')),
        (text) => {
          expect(Buffer.from(literalOf(Buffer.from(text)))).toEqual(stringified(text));
          expect(Buffer.from(literalOfText(text))).toEqual(stringified(text));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is right for each byte at each place of a block', () => {
    for (let code = 0; code < 0x80; code++)
      for (let place = 0; place < 17; place++) {
        const text = `${'a'.repeat(place)}${String.fromCharCode(code)}${'b'.repeat(16 - place)}`;
        expect(Buffer.from(literalOf(Buffer.from(text)))).toEqual(stringified(text));
      }
  });

  it('leaves bytes that are no ASCII as they are, whether they are UTF-8 or not', () => {
    const bytes = Buffer.from([0xff, 0x22, 0xc3, 0x28, 0x80, 0xfe, 0xa0, 0xe2, 0x82, 0x0a]);
    const expected = Buffer.from(JSON.stringify(bytes.toString('latin1')), 'latin1');
    expect(Buffer.from(literalOf(bytes))).toEqual(expected);
  });

  it('takes a text of nothing but control characters, however long', () => {
    for (const length of [10_000, 300_000, 2_000_000, 5]) {
      const text = '\u0001'.repeat(length);
      expect(literalOf(Buffer.from(text)).length).toBe(6 * length + 2);
      expect(Buffer.from(literalOfText(text)).equals(stringified(text))).toBe(true);
    }
  });

  it('has U+FFFD for what is no Unicode', () => {
    expect(Buffer.from(literalOfText('a\ud800b')).toString()).toBe('"a\ufffdb"');
  });

  it('is what json-literal.wat says', async () => {
    const { compiled, written } = await compiledAndWritten('model/json-literal');
    expect(written).toBe(compiled);
  });
});
