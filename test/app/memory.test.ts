import { describe, expect, it } from 'vitest';
import { createMemoryKeeper } from '../../src/app/memory.ts';

const MIB = 1024 * 1024;

/** A process whose sizes a test sets, in MiB. */
function keeperOf({ recent = 16 } = {}) {
  const sizes = { young: 8, process: 100 };
  const flags: string[] = [];
  const heap = {
    setFlag: (flag: string) => flags.push(flag),
    youngBytes: () => sizes.young * MIB,
    processBytes: () => sizes.process * MIB,
  };
  const keep = createMemoryKeeper(recent * MIB, heap);
  flags.length = 0;
  /** What is told to V8 over so much that is encoded. */
  const encode = (mib: number) => {
    for (let done = 0; done < mib; done += 1 / 8) keep(MIB / 8);
    return flags.splice(0);
  };
  return { sizes, encode };
}

describe('the memory keeper', () => {
  it('lets the young generation grow as long as it is small', () => {
    const { sizes, encode } = keeperOf();
    sizes.young = 1;
    expect(encode(2)).toEqual(['--semi-space-growth-factor=2']);
    sizes.young = 8;
    expect(encode(2)).toEqual(['--semi-space-growth-factor=1']);
  });

  it('has the heap kept small from where the process has grown by 62 MiB until it is 8 MiB below that', () => {
    const { sizes, encode } = keeperOf();
    encode(2);
    sizes.process = 162;
    expect(encode(2)).toEqual([]);
    sizes.process = 163;
    expect(encode(2)).toEqual(['--optimize-for-size']);
    sizes.process = 155;
    expect(encode(2)).toEqual([]);
    sizes.process = 154;
    expect(encode(2)).toEqual(['--no-optimize-for-size']);
  });

  it('leaves room for what the page was told to keep', () => {
    const { sizes, encode } = keeperOf({ recent: 48 });
    encode(2);
    sizes.process = 190;
    expect(encode(2)).toEqual([]);
    sizes.process = 195;
    expect(encode(2)).toEqual(['--optimize-for-size']);
  });
});
