// Part of the tests: the run set against a plain Set.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemSet } from '../../src/model/item-set.ts';
import { Ranges } from '../../src/model/ranges.ts';

const operation = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), from: fc.nat(40), length: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('delete' as const), value: fc.nat(45) }),
  fc.record({ kind: fc.constant('below' as const), value: fc.nat(45) }),
);

describe(Ranges, () => {
  it('holds exactly what a set of numbers would, in the fewest runs', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
        const ranges = new Ranges();
        const model = new Set<number>();
        for (const op of operations) {
          if (op.kind === 'add') {
            ranges.add(op.from, op.from + op.length);
            for (let i = 0; i < op.length; i++) model.add(op.from + i);
          } else if (op.kind === 'delete') {
            ranges.delete(op.value);
            model.delete(op.value);
          } else {
            ranges.deleteBelow(op.value);
            for (const value of model) if (value < op.value) model.delete(value);
          }
          for (let value = 0; value < 50; value++) expect(ranges.has(value)).toBe(model.has(value));
          const starts = [...model].filter((value) => !model.has(value - 1)).length;
          expect(ranges.runs).toBe(starts);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives the run at a value away', () => {
    const ranges = new Ranges();
    ranges.add(5, 9);
    ranges.add(12);

    expect(ranges.takeRunAt(4)).toBe(4);
    expect(ranges.takeRunAt(5)).toBe(9);
    expect([...ranges.entries()]).toEqual([[12, 13]]);
  });
});

describe(ItemSet, () => {
  it('survives being written as text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.array(fc.nat(80)), (capacity, indexes) => {
        const set = new ItemSet(capacity);
        for (const index of indexes) set.add(index);
        const copy = ItemSet.fromText(set.toText());

        expect(copy?.size).toBe(new Set(indexes.filter((index) => index < capacity)).size);
        for (let i = 0; i < capacity; i++) expect(copy?.has(i)).toBe(set.has(i));
      }),
    );
  });

  it('refuses text of another length', () => {
    expect(ItemSet.fromText('9:AA==')).toBeUndefined();
  });
});
