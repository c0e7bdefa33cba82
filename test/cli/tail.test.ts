// Part of the tests: `sidecast tail` at a sidecast that runs: what comes in is shown, in each form, as the filter says.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogRow, SpanRow } from '../../src/admin/api/shapes.ts';
import { tail } from '../../src/cli/tail.ts';
import { FORMATS } from '../../src/cli/tail-format.ts';
import { eventually, startTestApp, type TestApp } from '../support/app.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';
import { stubSettings, type, typing } from '../support/typed.ts';

let app: TestApp;
beforeEach(async () => {
  stubSettings({});
  app = await startTestApp({});
  stubSettings({ SIDECAST_ADMIN_PORT: new URL(app.adminUrl).port });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await app.shutdown('test');
});

interface Tail {
  /** Resolves with all that was shown once there are this many lines. */
  lines(count: number): Promise<string[]>;
  stop(): Promise<number>;
}

async function follow(...flags: readonly string[]): Promise<Tail> {
  const { out, err, ended, signal } = typing(tail, flags);
  await eventually(
    () => err.length,
    (count) => count > 0,
  );
  return {
    lines: (count) =>
      eventually(
        () => out,
        (found) => found.length >= count,
      ),
    stop() {
      signal('SIGINT');
      return ended;
    },
  };
}

let made = 0;
async function sendSpan(service: string, name: string, tookMs: number, more: object = {}): Promise<void> {
  made += 1;
  const end = Date.now();
  const span = {
    traceId: made.toString(16).padStart(32, 'a'),
    spanId: made.toString(16).padStart(16, 'b'),
    name,
    kind: 2,
    startTimeUnixNano: `${end - tookMs}000000`,
    endTimeUnixNano: `${end}000000`,
    ...more,
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${app.otlpUrl}/v1/traces`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
}

const user = (id: string) => ({ attributes: [{ key: 'user.id', value: { stringValue: id } }] });

describe(tail, () => {
  it('shows spans as they come, each once, with what went wrong', async () => {
    const shown = await follow('--attributes');

    await sendSpan('backend-flask', 'GET /api/home', 12, user('worf'));
    await sendSpan('backend-flask', 'GET /api/boom', 5, { status: { code: 2, message: 'it\u001b[2Jbroke' } });

    const [first, second] = await shown.lines(2);
    expect(first).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}backend-flask {2}GET \/api\/home {2}12\.0 ms {2}ok {2}trace [0-9a-f]{32}$/m,
    );
    expect(first).toContain('\n    user.id=worf');
    expect(second).toContain('5.0 ms  ERROR: it\ufffd[2Jbroke');
    expect(await shown.stop()).toBe(0);
  });

  it('shows the segments of X-Ray and log records as well', async () => {
    const shown = await follow('--output', 'json');
    const now = Date.now() / 1000;
    const segment = {
      trace_id: `1-${Math.floor(now).toString(16)}-0123456789abcdef01234567`,
      id: '0123456789abcdef',
      name: 'xray-app',
      start_time: now - 1,
      end_time: now,
    };
    await sendDatagrams(app.xrayPort, [datagramOf(segment)]);
    const record = {
      timeUnixNano: `${Date.now()}000000`,
      severityNumber: 17,
      severityText: 'ERROR',
      body: { stringValue: 'oh no' },
    };
    await fetch(`${app.otlpUrl}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords: [record] }] }] }),
    });

    const found = (await shown.lines(2)).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(found).toContainEqual(
      expect.objectContaining({ type: 'span', came: 'xray', service: 'xray-app' }),
    );
    expect(found).toContainEqual(expect.objectContaining({ type: 'log', severity: 'ERROR', body: 'oh no' }));
    await shown.stop();
  });

  it.each([
    [
      ['--service', 'one'],
      ['fast', 'slow', 'broken'],
    ],
    [['--errors'], ['broken']],
    [['--slow', '500ms'], ['slow']],
    [['--attr', 'user.id=worf'], ['fast']],
  ])('with %j shows %j', async (flags, expected) => {
    const shown = await follow('--output', 'json', ...flags);

    await sendSpan('one', 'fast', 1, user('worf'));
    await sendSpan('other', 'elsewhere', 1);
    await sendSpan('one', 'slow', 700);
    await sendSpan('one', 'broken', 1, { status: { code: 2 } });
    // What comes after all others, and passes each filter.
    await sendSpan('one', 'last', 900, { ...user('worf'), status: { code: 2 } });

    const lines = await shown.lines(expected.length + 1);
    expect(lines.map((line) => (JSON.parse(line) as { name: string }).name).toSorted()).toEqual(
      [...expected, 'last'].toSorted(),
    );
    await shown.stop();
  });

  it.each([
    [
      'logfmt',
      /^time=\S+ type=span service=shop name="GET \/" duration_ms=3 error=false trace_id=[0-9a-f]{32} span_id=[0-9a-f]{16} user\.id=worf$/,
    ],
    ['markdown', /^- `GET \/`, `shop`, 3\.0 ms, trace `[0-9a-f]{32}`$/],
  ])('speaks %s', async (output, expected) => {
    const shown = await follow('--output', output);

    await sendSpan('shop', 'GET /', 3, user('worf'));

    expect((await shown.lines(1))[0]).toMatch(expected);
    await shown.stop();
  });

  it('says so when nobody answers, and what it does not understand', async () => {
    expect(await type(tail, ['--output', 'xml', '--slow', '5', '--attr', 'x'])).toMatchObject({ code: 2 });
    expect(await type(tail, ['--admin-port', '1'])).toMatchObject({
      code: 1,
      err: 'sidecast: nothing is shown: no sidecast answers at http://127.0.0.1:1 (ECONNREFUSED). Start it, or name its port with --admin-port.',
    });
  });
});

describe('what an application sends', () => {
  const ESCAPE = '\u001b]8;;http://evil\u0007';
  const row = {
    service: ESCAPE,
    severity: ESCAPE,
    severityNumber: 9,
    timeUnixNano: '1',
    startUnixNano: '1',
    durationMs: 1,
    name: ESCAPE,
    statusMessage: ESCAPE,
    body: ESCAPE,
    events: [{ name: 'exception', attributes: { 'exception.type': ESCAPE, 'exception.message': ESCAPE } }],
    attributes: { [ESCAPE]: ESCAPE, 'http.status_code': ESCAPE },
  };

  it.each(['human', 'logfmt', 'json', 'markdown'] as const)('cannot steer the terminal as %s', (name) => {
    const format = FORMATS[name]({ hasColours: false, hasAttributes: true });
    const shown =
      format.log(row as unknown as LogRow) + format.span('a'.repeat(32), row as unknown as SpanRow);

    expect(shown.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(shown).toContain('http://evil');
  });
});
