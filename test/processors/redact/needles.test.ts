// Part of the tests: processors/redact/needles: the search finds what a plain one finds, and is what its source says.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NAME_NEEDLES } from '../../../src/processors/redact/names.ts';
import { createSearch, FOUND, type Needle } from '../../../src/processors/redact/needles.ts';
import { compiledAndWritten } from '../../support/wat.ts';

const PIECE_BYTES = 16 * 1024;

const NEEDLES: readonly Needle[] = [
  ...NAME_NEEDLES,
  { text: '?AKIA', matchCase: true },
  { text: 'eyJhbGci', matchCase: true },
];

/** Every place of every needle, looked for one by one. */
function placesOf(bytes: Uint8Array, needles: readonly Needle[]): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const found: string[] = [];
  for (const { text: needle, matchCase } of needles) {
    const wanted = matchCase ? needle : needle.toLowerCase();
    const where = matchCase ? text : lower;
    for (let at = 0; at + wanted.length <= where.length; at++)
      if ([...wanted].every((char, i) => char === '?' || char === where[at + i]))
        found.push(`${at} ${needle}`);
  }
  return found.sort();
}

function searched(bytes: Uint8Array, needles: readonly Needle[]): string[] {
  const found: string[] = [];
  createSearch(needles)(bytes, {
    needle(needle, at) {
      found.push(`${at} ${needle}`);
      return false;
    },
    digits: (at) => at + 1,
  });
  return found.sort();
}

/** Whether it was told of digits within each of these texts. */
function areToldOf(bytes: Buffer, wanted: readonly { from: number; to: number }[]): boolean[] {
  const told: number[] = [];
  createSearch(NEEDLES)(bytes, {
    needle: () => false,
    digits(at) {
      told.push(at);
      return at + 1;
    },
  });
  return wanted.map(({ from, to }) => told.some((at) => at >= from && at < to));
}

/** Notes where it is told of digits; they are twenty, if it is to go on. */
const toldOf = (places: number[], answer?: number) => (at: number) => {
  places.push(at);
  return answer ?? at + 20;
};

describe('the search for many needles', () => {
  it('finds each of them, in either case, at every place where it stands', () => {
    const word = fc.constantFrom(
      ...NEEDLES.map(({ text }) => text.replaceAll('?', '.')),
      ...NEEDLES.map(({ text }) => text.replaceAll('?', 'x').toUpperCase()),
      'passw',
      'tok',
      'apikey',
      'eyJ',
    );
    const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    const texts = fc.array(fc.oneof(word, noise), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = Buffer.from(text, 'latin1');
        expect(searched(bytes, NEEDLES)).toEqual(placesOf(bytes, NEEDLES));
      }),
      { numRuns: 500 },
    );
  });

  it('finds what lies across the pieces that it copies', () => {
    for (let shift = -12; shift <= 4; shift++) {
      const bytes = Buffer.alloc(3 * PIECE_BYTES, 0x20);
      bytes.write('passphrase', 2 * PIECE_BYTES + shift, 'latin1');
      expect(searched(bytes, NEEDLES)).toEqual([`${2 * PIECE_BYTES + shift} passphrase`]);
    }
  });

  it('does not find what an earlier search left behind its own bytes', () => {
    const search = createSearch(NEEDLES);
    const ends: boolean[] = [];
    for (const text of ['a secret and a cookie', 'a secre', 'a s', '']) {
      ends.push(search(Buffer.from(text), { needle: () => true, digits: () => FOUND }));
    }
    expect(ends).toEqual([true, false, false, false]);
  });

  it('tells of all digits that may be a card number, wherever they lie, and of no ids, dates and indentation', () => {
    const separator = fc.constantFrom('', '', '', ' ', '-');
    const digits = fc
      .array(fc.tuple(fc.constantFrom(...'0123456789'), separator), { minLength: 13, maxLength: 19 })
      .map((parts) => parts.flat().join('').replace(/[ -]$/, ''));
    const before = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(before, digits, before, (shift, text, rest) => {
        for (const start of [0, PIECE_BYTES - 20]) {
          const from = start + shift;
          const bytes = Buffer.from(`${'x'.repeat(from)}${text}${'x'.repeat(rest)}`);
          expect(areToldOf(bytes, [{ from, to: from + text.length }])).toEqual([true]);
        }
      }),
      { numRuns: 500 },
    );
    for (const text of [
      '        return',
      '--------------------',
      'at 12:30:45',
      '10.0.0.1',
      'a1b2c3d4e5f6',
    ]) {
      const bytes = Buffer.from([text, text, '', text].join('\n'));
      expect(areToldOf(bytes, [{ from: 0, to: bytes.length }])).toEqual([false]);
    }
  });

  it('ends where digits end it, and looks no further', () => {
    const search = createSearch(NEEDLES);
    const at: number[] = [];
    const bytes = Buffer.from('x'.repeat(40) + '4111 1111 1111 1111'.repeat(3));
    expect(search(bytes, { needle: () => false, digits: toldOf(at, FOUND) })).toBe(true);
    expect(at).toEqual([40]);
  });

  it('goes on behind the digits that it told of', () => {
    const at: number[] = [];
    const bytes = Buffer.from(`${'1'.repeat(20)}x${'2'.repeat(20)}`);
    createSearch(NEEDLES)(bytes, { needle: () => false, digits: toldOf(at) });
    expect(at).toEqual([0, 24]);
  });

  it('refuses a needle without three bytes that are known', () => {
    expect(() => createSearch([{ text: 'ab?cd' }])).toThrow(RangeError);
  });

  it('is what needles.wat says', async () => {
    const { compiled, written } = await compiledAndWritten('processors/redact/needles');
    expect(written).toBe(compiled);
  });
});
