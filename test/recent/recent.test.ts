// Part of the tests: what is kept of what comes in, and how it looks to somebody who asks.
import { describe, expect, it } from 'vitest';
import { NOW_MS, spanId, testRecent, traceId } from '../support/recent.ts';

const list = async (recent: ReturnType<typeof testRecent>['recent']) => (await recent.traces({}, 100)).traces;

describe('a trace', () => {
  it('has a row that tells of its root, its errors, its user and everybody who took part', async () => {
    const { recent, spans } = testRecent();
    const http = {
      'http.method': 'GET',
      'http.route': '/api/home',
      'http.target': '/api/home?x=1',
      'http.status_code': 500,
    };
    await spans([
      { trace: 1, span: 2, parent: 1, name: 'SELECT', durationMs: 4, attributes: { 'user.id': 'ada' } },
      { trace: 1, span: 1, name: 'GET /api/home', durationMs: 12.5, isError: true, attributes: http },
    ]);
    await spans([{ trace: 1, span: 3, parent: 2, name: 'charge', durationMs: 2 }], 'billing');

    expect(await list(recent)).toEqual([
      expect.objectContaining({
        id: traceId(1),
        name: 'GET /api/home',
        method: 'GET',
        route: '/api/home',
        statusCode: 500,
        userId: 'ada',
        durationMs: 12.5,
        spans: 3,
        errors: 1,
        came: ['otlp'],
        services: ['backend-flask', 'billing'],
        startUnixNano: `${NOW_MS}000000`,
      }),
    ]);
  });

  it('has its log records with it, and is there before its spans are', async () => {
    const { recent, logs, spans } = testRecent();
    await logs([
      { traceId: traceId(7), spanId: spanId(1), severityNumber: 17, body: { stringValue: 'no stock' } },
    ]);
    await spans([{ trace: 7, span: 1 }]);

    const trace = await recent.trace(traceId(7));

    expect(trace?.row).toMatchObject({ spans: 1, logs: 1 });
    expect(trace?.logs).toMatchObject([{ body: 'no stock', severity: 'ERROR', spanId: spanId(1) }]);
  });

  it('looks the same when it came as X-Ray documents, and shows a segment once that came twice', async () => {
    const { recent, documents } = testRecent();
    const segment = {
      name: 'backend',
      id: 'aaaaaaaaaaaaaaaa',
      trace_id: '1-67800000-00000000000000000000abcd',
      start_time: NOW_MS / 1000,
    };
    const http = {
      request: { method: 'GET', url: 'http://localhost/api/home?secret=1' },
      response: { status: 200 },
    };
    await documents([{ ...segment, in_progress: true, http }]);
    const child = {
      name: 'db',
      id: 'bbbbbbbbbbbbbbbb',
      start_time: NOW_MS / 1000,
      end_time: NOW_MS / 1000 + 0.01,
    };
    await documents([{ ...segment, end_time: NOW_MS / 1000 + 0.02, http, subsegments: [child] }]);

    const trace = await recent.trace('6780000000000000000000000000abcd');

    expect(trace?.row).toMatchObject({
      name: 'GET /api/home',
      method: 'GET',
      statusCode: 200,
      spans: 2,
      came: ['xray'],
    });
    expect(trace?.row.durationMs).toBeCloseTo(20, 2);
    expect(trace?.spans.find(({ id }) => id === 'aaaaaaaaaaaaaaaa')?.inProgress).toBeUndefined();
    expect(trace?.spans.find(({ id }) => id === 'bbbbbbbbbbbbbbbb')?.parentId).toBe('aaaaaaaaaaaaaaaa');
  });

  it('shows times to the nanosecond as digits', async () => {
    const { recent, spans } = testRecent();
    await spans([{ trace: 1, span: 1, startMs: NOW_MS, durationMs: 0.000123 }]);

    const trace = await recent.trace(traceId(1));

    expect(trace?.spans[0]).toMatchObject({ startUnixNano: `${NOW_MS}000000`, durationMs: 0.000123 });
  });
});

describe('the list', () => {
  it('is newest first and goes on behind the last one seen', async () => {
    const { recent, spans } = testRecent();
    for (let trace = 0; trace < 5; trace++) await spans([{ trace, span: trace }]);

    const first = await recent.traces({}, 2);
    const second = await recent.traces({}, 2, first.next);
    const third = await recent.traces({}, 2, second.next);

    expect([first, second, third].flatMap(({ traces }) => traces.map(({ id }) => id))).toEqual(
      [4, 3, 2, 1, 0].map(traceId),
    );
    expect([first.matching, first.kept, third.next]).toEqual([5, 5, undefined]);
  });

  it.each([
    [{ service: 'billing' }, [3]],
    [{ route: '/api/slow' }, [1]],
    [{ status: '5xx' }, [2]],
    [{ status: '404' }, [3]],
    [{ minMs: 100 }, [1]],
    [{ minMs: 5, maxMs: 20 }, [3, 2, 0]],
    [{ text: 'BOOM' }, [2]],
    [{ attributes: [{ key: 'user.id', value: 'ada' }] }, [0]],
    [{ attributes: [{ key: 'retries', value: '3' }] }, [1]],
    [{ hasErrors: true }, [2]],
    [{ fromMs: NOW_MS + 1000 }, [3]],
    [{ toMs: NOW_MS + 1000, hasErrors: true }, [2]],
    [{ service: 'billing', hasErrors: true }, []],
  ])('with %j has traces %j', async (query, expected) => {
    const { recent, spans } = testRecent();
    const request = (route: string, status: number) => ({
      'http.method': 'GET',
      'http.route': route,
      'http.status_code': status,
    });
    await spans([{ trace: 0, span: 0, attributes: { 'user.id': 'ada', ...request('/api/home', 200) } }]);
    await spans([
      { trace: 1, span: 1, durationMs: 900, attributes: { retries: 3, ...request('/api/slow', 200) } },
    ]);
    await spans([{ trace: 2, span: 2, isError: true, attributes: request('/api/boom', 503) }]);
    await spans(
      [{ trace: 3, span: 3, startMs: NOW_MS + 1000, attributes: request('/api/none', 404) }],
      'billing',
    );

    const { traces } = await recent.traces(query, 10);

    expect(traces.map(({ id }) => id)).toEqual(expected.map(traceId));
  });

  it('has what a destination lacks, until it has it', async () => {
    const { recent, ledger, spans } = testRecent();
    const position = await spans([{ trace: 1, span: 1 }]);
    const lacking = async () => (await recent.traces({ lacks: 'rollbar' }, 10)).matching;
    const before = await lacking();

    ledger.settle('rollbar', 'delivered', 1, undefined, position, 0, 1);

    expect([before, await lacking()]).toEqual([1, 0]);
  });
});

describe('what somebody has not seen', () => {
  it('is what came or changed since', async () => {
    const { recent, ledger, spans } = testRecent();
    const first = await spans([{ trace: 1, span: 1 }]);
    await spans([{ trace: 2, span: 2 }]);
    const seen = await recent.since(0, 10);
    ledger.settle('honeycomb', 'delivered', 1, undefined, first, 0, 1);

    const changed = await recent.since(seen.version, 10);

    expect(seen.rows.map(({ id }) => id)).toEqual([traceId(1), traceId(2)]);
    expect(changed.rows.map(({ id }) => id)).toEqual([traceId(1)]);
    expect((await recent.since(changed.version, 10)).rows).toEqual([]);
  });
});

describe('a comparison', () => {
  it('names what the slow ones have and the others have not', async () => {
    const { recent, spans } = testRecent();
    for (let trace = 0; trace < 20; trace++) {
      const isSlow = trace % 4 === 0;
      const attributes = { region: isSlow ? 'eu' : 'us', version: '1' };
      await spans([{ trace, span: trace, durationMs: isSlow ? 500 : 5, attributes }]);
    }

    const { inside, outside, attributes } = await recent.compare({ minMs: 100 });

    expect([inside, outside]).toEqual([5, 15]);
    expect(attributes[0]).toMatchObject({ key: 'region', insidePercent: expect.any(Number) });
    expect(attributes.find(({ value }) => value === 'eu')).toMatchObject({
      insidePercent: 100,
      outsidePercent: 0,
    });
    expect(attributes.some(({ key }) => key === 'version')).toBe(false);
  });
});

describe('a flood', () => {
  it('keeps nothing where it may have no bytes', async () => {
    const { recent, spans } = testRecent(0);
    await spans([{ trace: 1, span: 1 }]);
    expect(await recent.trace(traceId(1))).toBeUndefined();
    expect(recent.size).toMatchObject({ traces: 0, logs: 0, bytes: 0, maxBytes: 0 });
  });

  it('stays within the bytes it may have: the oldest go whole', async () => {
    const maxBytes = 1024 * 1024;
    const { recent, spans, clock, errors } = testRecent(maxBytes);
    const note = 'x'.repeat(500);
    for (let request = 0; request < 200; request++) {
      const made = Array.from({ length: 50 }, (_, i) => ({
        trace: request * 50 + i,
        span: i,
        attributes: { note },
      }));
      await spans(made);
      clock.advance(1000);
    }

    expect(recent.size.bytes).toBeLessThanOrEqual(maxBytes);
    expect(recent.size.traces).toBeGreaterThan(200);
    expect(await recent.trace(traceId(0))).toBeUndefined();
    expect((await recent.trace(traceId(9999)))?.spans).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('of more than 500 traces a second is thinned out, errors and slow ones first, all or none of a trace', async () => {
    const { recent, spans, clock } = testRecent(16 * 1024 * 1024);
    let trace = 0;
    for (let turn = 0; turn < 100; turn++) {
      const made = Array.from({ length: 300 }, () => {
        trace += 1;
        const isOdd = trace % 997 === 0;
        return [
          { trace, span: 2 * trace, parent: 2 * trace + 1 },
          { trace, span: 2 * trace + 1, isError: isOdd, durationMs: trace % 1009 === 0 ? 9000 : 10 },
        ];
      });
      await spans(made.flat());
      clock.advance(100);
    }

    const { keepsOneIn, traces } = recent.size;
    const all = await byId(recent);

    expect(keepsOneIn).toBeGreaterThan(8);
    expect(traces).toBeLessThan(10_000);
    const failed = Array.from({ length: Math.floor(trace / 997) }, (_, i) => traceId((i + 1) * 997));
    expect(failed.filter((id) => all.has(id))).toEqual(failed);
    expect([...all.values()].every((row) => row.spans === 2)).toBe(true);
  });

  it('is over when it is over: every trace is kept again', async () => {
    const { recent, spans, clock } = testRecent(16 * 1024 * 1024);
    for (let turn = 0; turn < 40; turn++) {
      await spans(Array.from({ length: 400 }, (_, i) => ({ trace: turn * 400 + i, span: i })));
      clock.advance(100);
    }
    const during = recent.size.keepsOneIn;
    for (let second = 0; second < 8; second++) {
      clock.advance(1000);
      await spans([{ trace: 100_000 + second, span: 1 }]);
    }

    expect(during).toBeGreaterThan(1);
    expect(recent.size.keepsOneIn).toBe(1);
  });

  it('does not thin out what an SDK had gathered for five seconds', async () => {
    const { recent, spans, clock } = testRecent(64 * 1024 * 1024);
    for (let batch = 0; batch < 10; batch++) {
      await spans(Array.from({ length: 1500 }, (_, i) => ({ trace: batch * 1500 + i, span: i })));
      clock.advance(5000);
    }

    expect(recent.size).toMatchObject({ keepsOneIn: 1, traces: 15_000 });
  });
});

async function byId(recent: ReturnType<typeof testRecent>['recent']) {
  const { traces } = await recent.traces({}, 100_000);
  return new Map(traces.map((row) => [row.id, row]));
}
