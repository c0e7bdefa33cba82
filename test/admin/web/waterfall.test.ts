// Part of the tests: from the spans of a trace to the rows of its waterfall.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogRow, SpanRow, Trace } from '../../../src/admin/api/shapes.ts';
import { axisOf } from '../../../src/admin/web/model/axis.ts';
import { ownTime } from '../../../src/admin/web/model/critical-path.ts';
import { matches, visibleRows } from '../../../src/admin/web/model/rows.ts';
import { type Stretch, shareOf, stretchBy } from '../../../src/admin/web/model/stretch.ts';
import { preorder } from '../../../src/admin/web/model/tree.ts';
import { layOut } from '../../../src/admin/web/model/waterfall.ts';

const ORIGIN = 1_764_000_000_000_000_000n;

/** `ms` after the origin. */
const at = (ms: number) => String(ORIGIN + BigInt(Math.round(ms * 1e6)));

function span(
  id: string,
  parentId: string | undefined,
  fromMs: number,
  toMs: number,
  more: Partial<SpanRow> = {},
): SpanRow {
  return {
    id,
    ...(parentId !== undefined && { parentId }),
    came: 'otlp',
    service: 'backend',
    name: id,
    kind: 'internal',
    startUnixNano: at(fromMs),
    durationMs: toMs - fromMs,
    error: false,
    attributes: {},
    resource: {},
    events: [],
    links: [],
    deliveries: [],
    ...more,
  };
}

const log = (id: string, spanId: string | undefined, ms: number): LogRow => ({
  id,
  timeUnixNano: at(ms),
  severity: 'INFO',
  severityNumber: 9,
  service: 'backend',
  body: id,
  attributes: {},
  resource: {},
  chips: {},
  ...(spanId !== undefined && { spanId }),
});

const lay = (spans: SpanRow[], logs: LogRow[] = []) => layOut({ spans, logs } as unknown as Trace);
const rowsOf = (spans: SpanRow[], logs: LogRow[] = [], folded: string[] = []) =>
  visibleRows(lay(spans, logs).tree, { folded: new Set(folded), withLogs: true }).map(
    (row) => `${'  '.repeat(row.depth)}${row.kind} ${row.kind === 'log' ? row.placed.log.id : row.node.id}`,
  );

describe('the tree', () => {
  it('puts children below their parent in the order of their start, and logs where they were written', () => {
    const spans = [
      span('late', 'root', 50, 60),
      span('early', 'root', 10, 20),
      span('root', undefined, 0, 100),
    ];

    expect(rowsOf(spans, [log('between', 'root', 30), log('loose', undefined, 5)])).toEqual([
      'span root',
      '  span early',
      '  log between',
      '  span late',
      'log loose',
    ]);
  });

  it('shows a parent that was not received as one ghost above all who name it', () => {
    expect(rowsOf([span('a', 'gone', 0, 5), span('b', 'gone', 5, 9)])).toEqual([
      'ghost gone',
      '  span a',
      '  span b',
    ]);
  });

  it('folds what somebody folded, and knows how much that is and whether it failed', () => {
    const spans = [
      span('root', undefined, 0, 9),
      span('a', 'root', 1, 8),
      span('b', 'a', 2, 3, { error: true }),
    ];
    const { tree } = lay(spans);

    expect(rowsOf(spans, [], ['root'])).toEqual(['span root']);
    expect(tree.byId.get('root')).toMatchObject({ descendants: 2, hasErrorBelow: true });
  });

  it('has every span once, whatever the parents say: also in a circle, and ten thousand deep', () => {
    const ids = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(ids, fc.option(ids)), { selector: ([id]) => id }), (pairs) => {
        const spans = pairs.map(([id, parent]) =>
          span(`s${id}`, parent === null ? undefined : `s${parent}`, id, id + 5),
        );
        const shown = [...preorder(lay(spans).tree.roots)].filter((node) => node.span).map((node) => node.id);
        expect(shown.sort()).toEqual(spans.map(({ id }) => id).sort());
      }),
    );
    const deep = Array.from({ length: 10_000 }, (_, index) =>
      span(`s${index}`, index ? `s${index - 1}` : undefined, index, 20_000 - index),
    );
    expect(rowsOf(deep)).toHaveLength(10_000);
  });

  it('finds a text in names and attributes, with all that is above', () => {
    const spans = [
      span('root', undefined, 0, 9),
      span('a', 'root', 1, 8),
      span('b', 'a', 2, 3, { attributes: { sql: 'SELECT 1' } }),
    ];
    const { found, shown } = matches(lay(spans).tree, 'select');

    expect([...found]).toEqual(['b']);
    expect([...shown].sort()).toEqual(['a', 'b', 'root']);
  });
});

describe('the critical path', () => {
  const path = (spans: SpanRow[]) =>
    Object.fromEntries(
      [...lay(spans).critical].map(([id, pieces]) => [
        id,
        pieces.map((piece) => [piece.startMs, piece.endMs]),
      ]),
    );

  it('is what the trace waited for: the child that ended last, then the one that ended before that began', () => {
    const found = path([
      span('root', undefined, 0, 100),
      span('first', 'root', 10, 40),
      span('hidden', 'root', 20, 35),
      span('second', 'root', 50, 90),
    ]);

    expect(found).toEqual({
      root: [
        [90, 100],
        [40, 50],
        [0, 10],
      ],
      second: [[50, 90]],
      first: [[10, 40]],
    });
  });

  it('covers the whole of the root once, and nothing beyond it', () => {
    const time = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(time, time, fc.integer({ min: 0, max: 9 })), { maxLength: 20 }),
        (parts) => {
          const children = parts.map(([a, b, parent], index) =>
            span(`c${index}`, parent < index ? `c${parent}` : 'root', Math.min(a, b), Math.max(a, b)),
          );
          const pieces = Object.values(path([span('root', undefined, 0, 100), ...children])).flat();
          pieces.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
          expect(pieces.reduce((sum, [from = 0, to = 0]) => sum + to - from, 0)).toBeCloseTo(100);
          for (const [index, piece] of pieces.entries())
            expect(piece[0]).toBeGreaterThanOrEqual(pieces[index - 1]?.[1] ?? 0);
        },
      ),
    );
  });

  it('has beside it what a span spent itself, while no child ran', () => {
    const { tree } = lay([
      span('root', undefined, 0, 100),
      span('a', 'root', 10, 40),
      span('b', 'root', 30, 60),
    ]);

    expect(ownTime(tree.byId.get('root')!)).toEqual([
      { startMs: 0, endMs: 10 },
      { startMs: 60, endMs: 100 },
    ]);
  });
});

describe('a clock that is off', () => {
  const call = [span('root', undefined, 0, 100), span('call', 'root', 20, 60, { kind: 'client' })];

  it('is put right: the callee is moved into the middle of its caller with all below it, and the page says by how much', () => {
    const { tree, skews } = lay([
      ...call,
      span('serve', 'call', -100, -80, { kind: 'server', service: 'ledger' }),
      span('query', 'serve', -95, -85, { service: 'ledger' }),
    ]);

    expect(tree.byId.get('serve')).toMatchObject({ startMs: 30, endMs: 50 });
    expect(tree.byId.get('query')).toMatchObject({ startMs: 35, endMs: 45 });
    expect(tree.byId.get('root')).toMatchObject({ startMs: 0, endMs: 100 });
    expect(tree.durationMs).toBe(100);
    expect(skews).toEqual([{ service: 'ledger', aheadMs: -130 }]);
  });

  it('is not suspected where one clock is enough, or where the caller did not wait', () => {
    const apart = lay([...call, span('later', 'call', 70, 80)]);
    const longer = lay([...call, span('job', 'call', 30, 300, { service: 'worker' })]);

    expect([apart.skews, longer.skews]).toEqual([[], []]);
  });
});

describe('a stretch of a trace', () => {
  const whole = { fromMs: 0, toMs: 100 };
  const press = (now: Stretch, key: string, aroundMs = 50, shiftKey = false) =>
    stretchBy({ key, shiftKey }, now, 100, aroundMs);

  it('is closer around what one looks at, and further from there', () => {
    const closer = press(whole, '+', 30);
    expect(closer).toEqual({ fromMs: 5, toMs: 55 });
    expect(press(closer as Stretch, '-')).toEqual(whole);
    expect(press(closer as Stretch, '0')).toEqual(whole);
    expect(press(closer as Stretch, 'ArrowRight', 30, true)).toEqual({ fromMs: 17.5, toMs: 67.5 });
    expect(press(closer as Stretch, 'ArrowRight', 30)).toBeUndefined();
  });

  it('never leaves the trace, and is never shorter than clocks tell', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('+', '-', 'ArrowLeft', 'ArrowRight'), { maxLength: 60 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (keys, aroundMs) => {
          let now: Stretch = whole;
          for (const key of keys) now = press(now, key, aroundMs, true) as Stretch;
          expect(now.fromMs).toBeGreaterThanOrEqual(0);
          expect(now.toMs).toBeLessThanOrEqual(100 + 1e-9);
          expect(now.toMs - now.fromMs).toBeGreaterThan(0.000_99);
          const { ticksMs } = axisOf(now.toMs - now.fromMs, 6, now.fromMs);
          expect(ticksMs.length).toBeGreaterThanOrEqual(1);
          for (const ms of ticksMs)
            expect(shareOf(now, ms)).toBeCloseTo(Math.min(1, Math.max(0, shareOf(now, ms))), 4);
        },
      ),
    );
  });
});

describe('the axis', () => {
  it('has steps of 1, 2 or 5, and no more than were wanted', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-5, max: 1e8, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (ms, wanted) => {
          const { stepMs, ticksMs } = axisOf(ms, wanted);
          expect(['1', '2', '5']).toContain(stepMs.toExponential(6)[0]);
          expect(ticksMs.length).toBeGreaterThanOrEqual(1);
          expect(ticksMs.length).toBeLessThanOrEqual(wanted + 1);
          expect(ticksMs.at(-1)).toBeLessThanOrEqual(ms * 1.000001);
        },
      ),
    );
  });
});
