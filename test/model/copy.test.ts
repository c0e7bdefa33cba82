// Part of the tests: model/copy.
import { describe, expect, it } from 'vitest';
import { copyInto } from '../../src/model/copy.ts';

describe(copyInto, () => {
  it.each([
    ['shared memory into memory of its own', true, false],
    ['memory of its own into shared memory', false, true],
    ['memory of its own into other such memory', false, false],
  ])('copies %s, and nothing beside it', (_, isFromShared, isToShared) => {
    const memory = (isShared: boolean) =>
      Buffer.from(isShared ? new SharedArrayBuffer(10) : new ArrayBuffer(10)).fill(9);
    const bytes = memory(isFromShared).subarray(2, 6);
    bytes.set([1, 0, 255, 3]);
    const target = memory(isToShared);
    copyInto(target, bytes, 6);
    expect([...target]).toEqual([9, 9, 9, 9, 9, 9, 1, 0, 255, 3]);
  });

  it('copies nothing where there is nothing, also at the end', () => {
    const target = Buffer.alloc(3, 7);
    copyInto(target, Buffer.alloc(0), 3);
    expect([...target]).toEqual([7, 7, 7]);
  });
});
