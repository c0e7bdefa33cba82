import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { NAME_NEEDLES } from '../../../src/processors/redact/names.ts';
import { createSearch, type Needle } from '../../../src/processors/redact/needles.ts';

const ROOM = join(import.meta.dirname, '..', '..', '..', 'src', 'processors', 'redact');
const MODULE = join(ROOM, 'needles-wasm.ts');
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
  createSearch(needles)(bytes, (needle, at) => {
    found.push(`${at} ${needle}`);
    return false;
  });
  return found.sort();
}

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
      ends.push(search(Buffer.from(text), () => true));
    }
    expect(ends).toEqual([true, false, false, false]);
  });

  it('refuses a needle without three bytes that are known', () => {
    expect(() => createSearch([{ text: 'ab?cd' }])).toThrow(RangeError);
  });

  it('is what needles.wat says', async () => {
    const { parseWat } = await wabt();
    const text = readFileSync(join(ROOM, 'needles.wat'), 'utf8');
    const module = parseWat('needles.wat', text, { simd: true });
    module.validate();
    const compiled = Buffer.from(module.toBinary({}).buffer).toString('base64');
    if (process.env['UPDATE_DOCS']) writeFileSync(MODULE, sourceOf(compiled));
    expect(readFileSync(MODULE, 'utf8')).toBe(sourceOf(compiled));
  });
});

const sourceOf = (base64: string) =>
  `// Part of processors/redact: needles.wat, compiled. Generated: needles.wat says how.
export const NEEDLES_WASM =
  '${base64}';
`;
