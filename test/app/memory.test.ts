import { describe, expect, it } from 'vitest';
import { createMemoryKeeper } from '../../src/app/memory.ts';

const MIB = 1024 * 1024;

/** A process whose state a test sets. */
function keeperOf() {
  const state = { youngMib: 8, isBehind: false };
  const flags: string[] = [];
  const heap = {
    setFlag: (flag: string) => flags.push(flag),
    youngBytes: () => state.youngMib * MIB,
  };
  const keep = createMemoryKeeper(() => state.isBehind, heap);
  flags.length = 0;
  /** What is told to V8 over so much that is encoded. */
  const encode = (mib: number) => {
    for (let done = 0; done < mib; done += 1 / 8) keep(MIB / 8);
    return flags.splice(0);
  };
  return { state, encode };
}

describe('the memory keeper', () => {
  it('lets the young generation grow as long as it is small', () => {
    const { state, encode } = keeperOf();
    state.youngMib = 1;
    expect(encode(2)).toEqual(['--semi-space-growth-factor=2']);
    state.youngMib = 8;
    expect(encode(2)).toEqual(['--semi-space-growth-factor=1']);
  });

  it('has the heap kept small, and less code made, as long as a destination has a backlog', () => {
    // The middle compiler of Node 24.
    const compiler = (flag: string) => (process.versions.v8.startsWith('13.') ? [flag] : []);
    const { state, encode } = keeperOf();
    expect(encode(4)).toEqual([]);
    state.isBehind = true;
    expect(encode(4)).toEqual([
      '--optimize-for-size',
      '--heap-growing-percent=20',
      ...compiler('--no-maglev'),
    ]);
    expect(encode(4)).toEqual([]);
    state.isBehind = false;
    expect(encode(4)).toEqual([
      '--no-optimize-for-size',
      '--heap-growing-percent=45',
      ...compiler('--maglev'),
    ]);
  });
});
