// Part of the tests: correlation/recent-logs.
import { describe, expect, it } from 'vitest';
import { RecentLogs } from '../../src/correlation/recent-logs.ts';
import { decodeLogs } from '../../src/protocols/otlp/decode.ts';
import { logs, record } from '../exporters/records.ts';

const received = () => logs('python-otel-auto/01-logs.bin');
const all = decodeLogs(received().payload).flatMap(({ records }) => records);
const traceId = all.find(({ attributes }) => attributes.has('exception.type'))?.traceId ?? '';
const ofTrace = all.filter((log) => log.traceId === traceId);

describe(RecentLogs, () => {
  it('gives what was logged in a trace, the oldest first, also when it is asked again', async () => {
    const recent = new RecentLogs();
    recent.remember(received());

    const found = await recent.of(traceId);

    expect(found.map(({ text }) => text)).toEqual(ofTrace.map(({ body }) => body));
    expect(found.map(({ severityNumber }) => severityNumber)).toEqual(
      ofTrace.map(({ severityNumber }) => severityNumber),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(await recent.of(traceId)).toEqual(found);
    expect(await recent.of('00000000000000000000000000000001')).toEqual([]);
  });

  it('holds no buffer that somebody else will use again', async () => {
    const recent = new RecentLogs();
    const one = received();
    recent.remember(one);
    one.payload.fill(0);

    expect((await recent.of(traceId)).length).toBe(ofTrace.length);
  });

  it('leaves out other signals, replays and what cannot be decoded', async () => {
    const recent = new RecentLogs();
    recent.remember({ ...received(), signal: 'traces' });
    recent.remember({ ...received(), origin: { peer: '', only: 'rollbar' } });
    recent.remember(record('logs', new Uint8Array([255]), 1));

    expect(await recent.of(traceId)).toEqual([]);
  });

  it('keeps the last hundred records of a trace that logs a lot', async () => {
    const recent = new RecentLogs();
    for (let i = 0; i < 300; i++) {
      recent.remember(received());
      await recent.of(traceId);
    }

    expect((await recent.of(traceId)).length).toBe(100);
  });

  it('reads on after it was asked with nothing to read, and for two who ask at once', async () => {
    const recent = new RecentLogs();
    await recent.of(traceId);
    recent.remember(received());
    recent.remember(received());

    const found = await Promise.all([recent.of(traceId), recent.of(traceId)]);

    expect(found.map(({ length }) => length)).toEqual([2 * ofTrace.length, 2 * ofTrace.length]);
  });

  it('forgets the oldest rather than grows', async () => {
    const recent = new RecentLogs();
    recent.remember(received());
    recent.remember(record('logs', new Uint8Array(512 * 1024), 1));
    expect(await recent.of(traceId)).toEqual([]);

    recent.remember(received());
    recent.remember(record('logs', new Uint8Array(512 * 1024 + 1), 1));
    expect((await recent.of(traceId)).length).toBe(ofTrace.length);
  });
});
