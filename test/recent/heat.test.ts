// Part of the tests: the heat map and the routes are counted as requests come, whatever is kept of them.
import { describe, expect, it } from 'vitest';
import { Heat, rowOf } from '../../src/recent/heat.ts';
import { NOW_MS, testRecent } from '../support/recent.ts';

describe('the heat map', () => {
  it('counts each request in its column and row, errors apart', () => {
    const heat = new Heat();
    heat.add(NOW_MS, 10, false, 'GET /', NOW_MS);
    heat.add(NOW_MS, 10, true, 'GET /', NOW_MS);
    heat.add(NOW_MS - 5000, 1000, false, 'GET /', NOW_MS);

    const map = heat.map(NOW_MS);

    const columns = map.cells.map(([column]) => map.firstColumnMs + column * map.columnMs);
    expect(columns).toEqual([NOW_MS - 5000, NOW_MS]);
    expect(map.cells.map(([, row, count, errors]) => [row, count, errors])).toEqual([
      [rowOf(1000), 1, 0],
      [rowOf(10), 2, 1],
    ]);
    for (const [, row] of map.cells)
      expect(
        [10, 1000].some(
          (ms) => map.lowMs * map.ratio ** row <= ms && ms < map.lowMs * map.ratio ** (row + 1),
        ),
      ).toBe(true);
  });

  it('forgets columns that are too old, and uses their room for new ones', () => {
    const heat = new Heat();
    heat.add(NOW_MS, 10, false, 'GET /', NOW_MS);
    const later = NOW_MS + 3600_000;
    heat.add(later, 20, false, 'GET /', later);
    heat.add(NOW_MS, 10, false, 'GET /', later);

    expect(heat.map(later).cells).toHaveLength(1);
  });

  it('tells quantiles of a route within five percent', () => {
    const heat = new Heat();
    for (let ms = 1; ms <= 1000; ms++) heat.add(NOW_MS, ms, ms > 900, 'GET /', NOW_MS);

    const [route] = heat.map(NOW_MS + 10_000).routes;

    expect(route).toMatchObject({ route: 'GET /', perSecond: 100, errorPercent: 10 });
    for (const [got, want] of [
      [route?.p50Ms, 500],
      [route?.p95Ms, 950],
      [route?.p99Ms, 990],
    ] as const)
      expect(Math.abs((got ?? 0) / want - 1)).toBeLessThan(0.06);
    expect(heat.routes.rank('GET /', 990, NOW_MS)?.slowestPercent).toBeLessThan(7);
  });

  it('bounds routes that clients invent', () => {
    const heat = new Heat();
    for (let i = 0; i < 5000; i++) heat.add(NOW_MS, 1, false, `GET /wp-${i}`, NOW_MS);

    const { routes } = heat.map(NOW_MS);

    expect(routes.length).toBeLessThanOrEqual(201);
    expect(routes[0]).toMatchObject({ route: '(other routes)' });
  });

  it('counts every request, also of those traces that are not kept', async () => {
    const { recent, spans, clock } = testRecent();
    for (let turn = 0; turn < 30; turn++) {
      await spans(
        Array.from({ length: 500 }, (_, i) => ({ trace: turn * 500 + i, span: i, startMs: clock.now() })),
      );
      clock.advance(100);
    }

    const counted = recent.heatmap().cells.reduce((sum, [, , count]) => sum + count, 0);

    expect(recent.size.keepsOneIn).toBeGreaterThan(1);
    expect(counted).toBe(15_000);
  });

  it('counts spans inside a request once, with the request', async () => {
    const { recent, spans } = testRecent();
    await spans([
      { trace: 1, span: 1 },
      { trace: 1, span: 2, parent: 1 },
      { trace: 1, span: 3, parent: 2, kind: 3 },
    ]);

    expect(recent.heatmap().cells.map(([, , count]) => count)).toEqual([1]);
  });
});
