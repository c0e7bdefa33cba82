// Part of the tests of protocols/otlp: bytes at the end of items.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { insertAtEnds } from '../../../src/protocols/otlp/insert.ts';
import { SIGNALS } from './oracle.ts';
import { placedItems, wireRequests } from './wire-trees.ts';

/** Around the lengths at which a length grows by a byte. */
const ADDED = [0, 1, 60, 120, 126, 127, 128, 129, 16_250, 16_383, 16_384];
const additions = fc.array(fc.constantFrom(...ADDED), { minLength: 1, maxLength: 20 });

describe.each(SIGNALS)('insertAtEnds of %s', (signal) => {
  it('adds to each item what it is given, and leaves all that stands beside it', () => {
    fc.assert(
      fc.property(wireRequests(signal), additions, (body, lengths) => {
        const addedTo = (index: number) => Buffer.alloc(lengths[index % lengths.length]!, 0x28);
        const seen: string[] = [];

        const after = insertAtEnds(signal, body, (from, to, index) => {
          seen.push(body.subarray(from, to).toString('hex'));
          const added = addedTo(index);
          return added.length === 0 ? undefined : added;
        });

        const before = placedItems(signal, body);
        expect(seen).toEqual(before.map(({ item }) => item));
        expect(placedItems(signal, after)).toEqual(
          before.map(({ beside, item }, index) => ({ beside, item: item + addedTo(index).toString('hex') })),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('gives the body itself where nothing is added', () => {
    fc.assert(
      fc.property(wireRequests(signal), (body) => {
        expect(insertAtEnds(signal, body, () => undefined)).toBe(body);
      }),
      { numRuns: 50 },
    );
  });
});
