// Part of the tests of the model: texts that wait outside V8's heap are still what they were.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BufferPool } from '../../src/model/buffer-pool.ts';
import { bytesOf, joinedBytes, joinInto, Shelf, type Shelved } from '../../src/model/shelf.ts';

/** Knows what is lent, and spoils what comes back: whoever still reads it is found out. */
function watchedPool() {
  const lent = new Set<Uint8Array>();
  let taken = 0;
  const pool: BufferPool = {
    take(bytes) {
      taken += 1;
      const buffer = Buffer.alloc(bytes);
      lent.add(buffer);
      return buffer;
    },
    retain: () => undefined,
    give(buffer) {
      if (!lent.delete(buffer)) throw new Error('given back twice');
      buffer.fill(0x2a);
    },
  };
  return { pool, lent, taken: () => taken };
}

const textOf = (shelved: Shelved) => bytesOf(shelved).toString();

describe(Shelf, () => {
  it('gives each text back as it was put, whatever is taken off meanwhile and in whatever order', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 1, max: 90_000 }).map((n) => 'x'.repeat(n)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.option(fc.nat()))), (steps) => {
        const { pool } = watchedPool();
        const shelf = new Shelf(pool);
        const there: [Shelved, string][] = [];
        for (const [put, taken] of steps) {
          there.push([shelf.putCopy(Buffer.from(put)), Buffer.from(put).toString()]);
          if (taken === null) continue;
          const [[shelved]] = there.splice(taken % there.length, 1) as [[Shelved, string]];
          shelf.takeOff([shelved]);
        }
        for (const [shelved, put] of there) expect(textOf(shelved)).toBe(put);
      }),
    );
  });

  it('uses a board again when nothing is left on it, and keeps one for what comes next', () => {
    const { pool, lent, taken } = watchedPool();
    const shelf = new Shelf(pool);

    for (let round = 0; round < 100; round++) {
      const texts = Array.from({ length: 50 }, () => shelf.putCopy(Buffer.from('y'.repeat(2_000))));
      shelf.takeOff(texts);
    }

    expect(lent.size).toBe(1);
    expect(taken()).toBeLessThan(200);
  });

  it('has a board of its own for what is larger than one', () => {
    const { pool, lent } = watchedPool();
    const shelf = new Shelf(pool);

    const large = shelf.putCopy(Buffer.from('z'.repeat(200_000)));
    const small = shelf.putCopy(Buffer.from('after'));
    shelf.takeOff([large]);

    expect(textOf(small)).toBe('after');
    expect(lent.size).toBe(1);
  });

  it('takes bytes between two texts', () => {
    const shelf = new Shelf(watchedPool().pool);
    const texts = [1, 2].map((n) => shelf.putBetween(`{"${n}":`, Buffer.from('"é"'), '}'));

    expect(texts.map((text) => bytesOf(text).toString())).toEqual(['{"1":"é"}', '{"2":"é"}']);
  });

  it('takes a copy of bytes', () => {
    const shelved = new Shelf(watchedPool().pool).putCopy(Uint8Array.of(0xe9));

    expect([...bytesOf(shelved)]).toEqual([0xe9]);
  });

  it('joins texts of any boards with commas, in as many bytes as it says', () => {
    const shelf = new Shelf(watchedPool().pool);
    const texts = ['{"a":1}', `"${'w'.repeat(65_530)}"`, '"é"'].map((text) =>
      shelf.putCopy(Buffer.from(text)),
    );

    const target = Buffer.alloc(joinedBytes(texts) + 2);
    const end = joinInto(target, 1, texts);

    expect(end).toBe(target.length - 1);
    expect(JSON.parse(`[${target.toString('utf8', 1, end)}]`)).toEqual([{ a: 1 }, 'w'.repeat(65_530), 'é']);
    expect(joinedBytes([])).toBe(0);
  });
});
