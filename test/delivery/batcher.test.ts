// Part of the tests: where a queue is cut into requests.
import { describe, expect, it } from 'vitest';
import { type Entry, EntryQueue } from '../../src/delivery/batcher.ts';
import type { EncodedItem } from '../../src/delivery/exporter.ts';
import type { LoadedRecord } from '../../src/delivery/loaded.ts';
import { LIMITS } from '../support/delivery.ts';

/** Of group a in `a1`; a word without a digit is of none. */
const groupOf = ({ value }: EncodedItem<string>): string | undefined => /^(\D+)\d$/.exec(value)?.[1];

function cutsOf(
  words: string,
  limits: Partial<typeof LIMITS> = {},
  group: typeof groupOf | null = groupOf,
): string[] {
  const queue = new EntryQueue<string>();
  words.split(' ').forEach((value, index) => {
    const sources = { position: index, from: 0, to: 1 };
    const item = { partition: '', bytes: value.length, timeUnixMs: index, sources, value };
    const entry: Entry<string> = {
      item,
      loaded: {} as LoadedRecord,
      queuedAtMs: 0,
      costBytes: 0,
      isAside: false,
    };
    queue.push(entry);
  });
  const cuts: string[] = [];
  while (queue.length > 0) {
    const taken = queue.take({ ...LIMITS, ...limits }, group ?? undefined);
    cuts.push(taken.map(({ item }) => item.value).join(' '));
  }
  expect([queue.items, queue.bytes]).toEqual([0, 0]);
  return cuts;
}

describe('a request', () => {
  it('is as full as the limits let it be where nothing belongs together', () => {
    expect(cutsOf('a b c d e', { maxItems: 4 })).toEqual(['a b c d', 'e']);
    expect(cutsOf('a1 b1 c1 d1 e1', { maxItems: 4 })).toEqual(['a1 b1 c1 d1', 'e1']);
  });

  it('ends before a group that it would cut', () => {
    expect(cutsOf('a b c1 c2 c3 d', { maxItems: 4 })).toEqual(['a b', 'c1 c2 c3 d']);
    expect(cutsOf('aaa bbb c1 c2 c3', { maxBytes: 10 })).toEqual(['aaa bbb', 'c1 c2 c3']);
  });

  it('keeps a group whole that ends where it does', () => {
    expect(cutsOf('a b c1 c2 d', { maxItems: 4 })).toEqual(['a b c1 c2', 'd']);
  });

  it('cuts a group rather than go out less than half full, so that long ones cost no more requests', () => {
    expect(cutsOf('a c1 c2 c3 c4', { maxItems: 4 })).toEqual(['a c1 c2 c3', 'c4']);
    expect(cutsOf('c1 c2 c3 c4 c5 c6', { maxItems: 4 })).toEqual(['c1 c2 c3 c4', 'c5 c6']);
  });

  it('is cut anywhere for a vendor that knows no groups', () => {
    expect(cutsOf('a b c1 c2 c3 d', { maxItems: 4 }, null)).toEqual(['a b c1 c2', 'c3 d']);
  });
});
