// Part of the tests: receivers/aws-xray/nap: when the thread of the sockets sleeps.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createNap, isRoomy, NAP_MS } from '../../../src/receivers/aws-xray/nap.ts';

/** How often it slept after each of these turns, of so many datagrams. */
async function napsAfter(turns: readonly number[], mayNap = true): Promise<number[]> {
  const slept: number[] = [];
  const naps: number[] = [];
  const noteRead = createNap(
    () => mayNap,
    (milliseconds) => slept.push(milliseconds),
  );
  for (const datagrams of turns) {
    for (let i = 0; i < datagrams; i++) noteRead();
    await nextTurn();
    naps.push(slept.length);
  }
  expect(new Set(slept)).toEqual(new Set(slept.length > 0 ? [NAP_MS] : []));
  return naps;
}

describe(createNap, () => {
  it('sleeps once after each turn in which all was read', async () => {
    expect(await napsAfter([1, 31, 0, 5])).toEqual([1, 2, 2, 3]);
  });

  it('does not while there may be more', async () => {
    expect(await napsAfter([32, 64, 3])).toEqual([0, 0, 1]);
  });

  it('does not where the kernel could not keep what comes meanwhile', async () => {
    expect(await napsAfter([1, 5], false)).toEqual([0, 0]);
    expect(
      [212_992, 425_984, 8 * 1024 * 1024].map((receiveBufferBytes) => isRoomy({ receiveBufferBytes })),
    ).toEqual([false, false, true]);
  });
});
