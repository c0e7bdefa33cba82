// Part of the tests: what the page makes of addresses, chips, stacks, counts and listeners.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Heatmap, ItemState, SpanRow, TraceRow } from '../../../src/admin/api/shapes.ts';
import { STATES, viewChip } from '../../../src/admin/web/model/chips.ts';
import { type Filter, filterQuery, mayMatch, parseFilter } from '../../../src/admin/web/model/filter.ts';
import { boxOf, gridOf, placeOfBox, sumColumn } from '../../../src/admin/web/model/heat.ts';
import { boxOfSelection, type Selection, select, tracesIn } from '../../../src/admin/web/model/heat-keys.ts';
import { requestAsCurl } from '../../../src/admin/web/model/request-curl.ts';
import { snippetsFor } from '../../../src/admin/web/model/setup.ts';
import { foldStack, nearestAppFrame } from '../../../src/admin/web/model/stack.ts';
import { DESTINATION_IDS } from '../../../src/model/signals.ts';

describe('the filter', () => {
  const word = fc.string({ minLength: 1 }).filter((text) => text.trim() === text);
  const filter = fc.record(
    {
      q: word,
      service: word,
      route: word,
      status: fc.constantFrom('500', '5xx'),
      min: fc.integer({ min: 1, max: 100_000 }),
      attr: fc.array(
        fc.tuple(fc.stringMatching(/^[a-z.]+$/), fc.string()).map(([key, value]) => `${key}=${value}`),
      ),
      errors: fc.constant(true as const),
      lacks: fc.constantFrom(...DESTINATION_IDS),
      box: fc.record({ fromMs: fc.nat(), toMs: fc.nat(), minMs: fc.nat(9999), maxMs: fc.nat(9999) }),
    },
    { requiredKeys: ['attr'] },
  );

  it('comes back from the address as it was: a view can be pasted', () => {
    fc.assert(
      fc.property(
        filter,
        (before) => void expect(parseFilter(`?${filterQuery(before as Filter)}`)).toEqual(before),
      ),
    );
  });

  it('takes from an address that somebody typed what it understands', () => {
    expect(parseFilter('?min=fast&lacks=nobody&attr=noequals&from=1&errors=yes&q=+')).toEqual({ attr: [] });
  });

  it('matches rows as the server does', () => {
    const row = {
      services: ['backend'],
      name: 'GET /a',
      route: '/a',
      statusCode: 503,
      durationMs: 12,
      errors: 1,
      startUnixNano: '5000000000',
      chips: { rollbar: { retrying: 1 } },
    } as unknown as TraceRow;
    const of = (change: Partial<Filter>) => mayMatch({ attr: [], ...change }, row);

    expect([
      of({}),
      of({ status: '5xx' }),
      of({ route: '/a', errors: true }),
      of({ lacks: 'rollbar', min: 12 }),
    ]).toEqual([true, true, true, true]);
    expect([
      of({ status: '200' }),
      of({ min: 13 }),
      of({ service: 'b' }),
      of({ lacks: 'honeycomb' }),
    ]).toEqual([false, false, false, false]);
    expect(of({ box: { fromMs: 5000, toMs: 10_000, minMs: 10, maxMs: 20 } })).toBe(true);
    expect(of({ box: { fromMs: 0, toMs: 5000, minMs: 10, maxMs: 20 } })).toBe(false);
  });
});

describe('a chip', () => {
  it('has the sign of the worst and counts what arrived, without what was never meant for the destination', () => {
    expect(viewChip({ delivered: 3 })).toEqual({ state: 'delivered', text: '3 delivered' });
    expect(viewChip({ delivered: 2, queued: 1, skipped: 4 })).toEqual({
      state: 'queued',
      part: { count: 2, of: 3 },
      text: '1 queued, 2 delivered, 4 skipped',
    });
    expect(viewChip({ delivered: 1, skipped: 2 })).toEqual({
      state: 'delivered',
      text: '1 delivered, 2 skipped',
    });
    expect(viewChip({})).toBeUndefined();
  });

  it('knows every state', () => {
    const all: Record<ItemState, true> = {
      queued: true,
      retrying: true,
      blocked: true,
      delivered: true,
      skipped: true,
      sampled: true,
      rejected: true,
      dropped: true,
    };
    expect([...STATES].sort()).toEqual(Object.keys(all).sort());
  });
});

describe('a stack trace', () => {
  const PYTHON = `Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/flask/app.py", line 1511, in wsgi_app
    response = self.full_dispatch_request()
  File "/app/home.py", line 14, in run
    raise ValueError('no')
ValueError: no`;

  it('keeps every line, in order', () => {
    const lines = foldStack(PYTHON).flatMap((block) => block.lines);
    expect(lines.join('\n')).toBe(PYTHON);
  });

  it('tells the app from its libraries, with the source lines that belong to a frame', () => {
    expect(foldStack(PYTHON).map(({ kind, lines }) => [kind, lines.length])).toEqual([
      ['text', 1],
      ['library', 2],
      ['app', 2],
      ['text', 1],
    ]);
  });

  it('names the frame to look at first: the last of Python, the first of the others', () => {
    const NODE =
      'Error: no\n    at Module.run (node:internal/main:1:2)\n    at load (/app/src/load.js:3:4)\n    at main (/app/src/main.js:5:6)\n    at next (/app/node_modules/express/lib/router.js:7:8)';
    const JAVA =
      'java.lang.IllegalStateException: no\n\tat org.springframework.web.Filter.run(Filter.java:3)\n\tat com.acme.Home.show(Home.java:12)';

    expect(nearestAppFrame(PYTHON)).toBe('File "/app/home.py", line 14, in run');
    expect(nearestAppFrame(NODE)).toBe('load (/app/src/load.js:3:4)');
    expect(nearestAppFrame(JAVA)).toBe('com.acme.Home.show(Home.java:12)');
  });
});

describe('the heatmap', () => {
  const heat: Heatmap = {
    columnMs: 5000,
    firstColumnMs: 100_000,
    lowMs: 0.1,
    ratio: 10 ** 0.25,
    cells: [
      [0, 4, 8, 0],
      [0, 8, 2, 2],
    ],
    routes: [],
  };

  it('turns a dragged box into a filter that lies where it was dragged', () => {
    const grid = gridOf(heat, 20, 105_000);
    const box = boxOf(heat, { column: 1, row: 9 }, { column: 0, row: 5 });
    const place = placeOfBox(heat, grid, box);

    expect(box).toMatchObject({ fromMs: 100_000, toMs: 110_000 });
    expect(place.right - place.left).toBeCloseTo(2);
    expect(place.top - place.bottom).toBeCloseTo(5);
    expect(place.bottom + grid.firstRow).toBeCloseTo(5);
  });

  it('ends now, also when nothing came lately', () => {
    const { firstColumn, columns } = gridOf(heat, 20, 200_000);
    expect(firstColumn + columns).toBe(21);
  });

  it('has a box by keys that stays where it is while time moves on, and never leaves the map', () => {
    const grid = gridOf(heat, 20, 105_000);
    const first = select('ArrowLeft', false, undefined, heat, grid);
    expect(first?.to).toEqual({ column: 20, row: 4 });
    let box = first;
    for (let step = 0; step < 50; step++) box = select('ArrowRight', true, box, heat, grid);
    for (let step = 0; step < 50; step++) box = select('ArrowUp', true, box, heat, grid);
    expect(box?.from).toEqual({ column: 20, row: 4 });
    expect(box?.to).toEqual({ column: 21, row: grid.firstRow + grid.rows - 1 });
    expect(tracesIn(heat, box as Selection)).toEqual({ traces: 10, errors: 2 });

    const later = { ...heat, firstColumnMs: 105_000, cells: [] };
    expect(boxOfSelection(later, box as Selection)).toEqual(boxOfSelection(heat, box as Selection));
    expect(select('x', false, box, heat, grid)).toBeUndefined();
  });

  it('says a column in numbers', () => {
    const sum = sumColumn(heat, 0);
    expect(sum).toMatchObject({ startMs: 100_000, traces: 10, errors: 2 });
    expect(sum?.p50Ms).toBeCloseTo(0.1 * 10 ** (4.5 * 0.25));
    expect(sum?.p99Ms).toBeCloseTo(0.1 * 10 ** (8.5 * 0.25));
    expect(sumColumn(heat, 1)).toBeUndefined();
  });
});

describe('what is to be pasted', () => {
  const listening = {
    otlp: ['0.0.0.0:5318', '[::]:5318'],
    xrayUdp: ['0.0.0.0:2001'],
    xrayTcp: [],
    admin: [],
  };

  it('names the ports that are really listened on, by the host that the page was reached at', () => {
    const texts = snippetsFor(listening, 'sidecast.local')
      .map(({ text }) => text)
      .join('\n');

    expect(texts).toContain('OTEL_EXPORTER_OTLP_ENDPOINT: http://sidecast:5318');
    expect(texts).toContain('AWS_XRAY_DAEMON_ADDRESS: sidecast:2001');
    expect(texts).toContain('curl http://sidecast.local:5318/v1/traces');
    expect(texts).not.toMatch(/4318|2000\b/);
  });

  it('puts the backend of this machine first when no container can reach it', () => {
    const local = { ...listening, otlp: ['127.0.0.1:4318'], xrayUdp: ['127.0.0.1:2000'] };
    expect(snippetsFor(local, '127.0.0.1')[0]?.id).toBe('here');
  });

  it('sends a request again, with what the shell would take for its own in quotes', () => {
    const server = (attributes: SpanRow['attributes']) =>
      requestAsCurl([{ kind: 'server', attributes } as SpanRow]);

    expect(
      server({
        'url.scheme': 'http',
        'server.address': 'localhost',
        'server.port': 4567,
        'url.path': '/api/a',
        'url.query': "q='x'&y=1",
      }),
    ).toBe(`curl -i 'http://localhost:4567/api/a?q='\\''x'\\''&y=1'`);
    expect(server({ 'http.method': 'POST', 'http.url': 'http://localhost/a' })).toBe(
      'curl -i -X POST http://localhost/a',
    );
    expect(server({})).toBeUndefined();
  });
});
