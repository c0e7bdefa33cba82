// Part of the tests: whose turn it is.
import { describe, expect, it } from 'vitest';
import type { Lane } from '../../src/delivery/lanes.ts';
import { LoadedRecord } from '../../src/delivery/loaded.ts';
import { Schedule } from '../../src/delivery/schedule.ts';
import { ok, segments, stubExporter } from '../support/delivery.ts';

const NOW_MS = 1_800_000_000_000;

/** Requests of one item each. */
function scheduleOf(...waiting: readonly [key: string, lane: Lane, items: number][]) {
  const schedule = new Schedule(stubExporter(() => ok, { maxItems: 1 }));
  const loaded = new LoadedRecord({ ...segments('x'), position: 0 }, undefined, () => undefined);
  for (const [key, lane, items] of waiting)
    for (let i = 0; i < items; i++) {
      const sources = { position: 0, from: 0, to: 1 };
      const item = { partition: key, bytes: 1, timeUnixMs: NOW_MS, sources, value: `${key} ${lane}` };
      schedule.get(key).queues[lane].push({ item, loaded, queuedAtMs: NOW_MS, costBytes: 1, isAside: false });
    }
  return schedule;
}

function order(schedule: Schedule<string>): string[] {
  const served: string[] = [];
  for (;;) {
    const next = schedule.next(NOW_MS, false);
    if (!next) return served;
    served.push(...next.batch.entries.map(({ item }) => item.value));
  }
}

describe(Schedule, () => {
  it('alternates between the lanes while both have something, and gives the rest to the one that has', () => {
    expect(order(scheduleOf(['a', 'main', 4], ['a', 'live', 2]))).toEqual([
      'a live',
      'a main',
      'a live',
      'a main',
      'a main',
      'a main',
    ]);
  });

  it('serves the partitions of a lane in turn', () => {
    expect(order(scheduleOf(['a', 'main', 3], ['b', 'main', 2], ['c', 'main', 1]))).toEqual([
      'a main',
      'b main',
      'c main',
      'a main',
      'b main',
      'a main',
    ]);
  });

  it('serves the partitions of one lane in turn, whoever is served in the other', () => {
    const served = order(scheduleOf(['a', 'main', 4], ['a', 'live', 4], ['b', 'main', 4]));

    expect(served.slice(0, 8)).toEqual([
      'a live',
      'a main',
      'a live',
      'b main',
      'a live',
      'a main',
      'a live',
      'b main',
    ]);
  });
});
