// Part of the tests of protocols/otlp: cutting requests by slices, and filling times.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLogs } from '../../../src/protocols/otlp/decode.ts';
import { fillLogTimes } from '../../../src/protocols/otlp/patch.ts';
import { scan } from '../../../src/protocols/otlp/scan.ts';
import { select } from '../../../src/protocols/otlp/select.ts';
import { Writer } from '../../../src/protocols/otlp/writer.ts';
import { capture, decode, encode, itemsOf, requests, SIGNALS } from './oracle.ts';

const choice = fc.infiniteStream(fc.boolean()).map((stream) => {
  const taken: boolean[] = [];
  return (index: number) => {
    while (taken.length <= index) taken.push(stream.next().value as boolean);
    return taken[index]!;
  };
});

describe.each(SIGNALS)('select %s', (signal) => {
  it('gives the body itself when everything is kept', () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const body = encode(signal, request);
        expect(select(signal, body, () => true)).toBe(body);
      }),
      { numRuns: 50 },
    );
  });

  it('splits a request into two that hold each item once, in order, with its resource and scope', () => {
    fc.assert(
      fc.property(requests[signal], choice, (request, keep) => {
        const body = encode(signal, request);
        const all = itemsOf(signal, body);
        const kept = select(signal, body, keep);
        const dropped = select(signal, body, (index) => !keep(index));
        expect(itemsOf(signal, kept)).toEqual(all.filter((_, index) => keep(index)));
        expect(itemsOf(signal, dropped)).toEqual(all.filter((_, index) => !keep(index)));
        expect(scan(signal, kept).summary.items + scan(signal, dropped).summary.items).toBe(all.length);
        const joined = itemsOf(signal, Buffer.concat([kept, dropped]));
        expect(joined.toSorted()).toEqual(all.toSorted());
      }),
      { numRuns: 150 },
    );
  });
});

describe('select', () => {
  it('leaves out what has become empty', () => {
    const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1) };
    const body = encode('traces', {
      resourceSpans: [
        { resource: { attributes: [{ key: 'a' }] }, scopeSpans: [{ spans: [ids] }, { spans: [ids] }] },
        { scopeSpans: [{ scope: { name: 'kept' }, spans: [ids] }] },
      ],
    });
    const kept = decode(
      'traces',
      select('traces', body, (index) => index === 2),
    );
    expect(kept['resourceSpans']).toHaveLength(1);
    expect(kept['resourceSpans'][0].scopeSpans[0].scope.name).toBe('kept');
    expect(select('traces', body, () => false)).toHaveLength(0);
  });

  it('carries fields that it does not know, at every level', () => {
    const w = new Writer();
    w.string(50, 'in the request');
    const resource = w.open(1);
    w.string(51, 'in the resource');
    const scope = w.open(2);
    w.string(52, 'in the scope');
    for (const name of ['first', 'second']) {
      const span = w.open(2);
      w.string(5, name);
      w.string(53, `in the ${name} span`);
      w.close(span);
    }
    w.close(scope);
    w.close(resource);
    const kept = Buffer.from(select('traces', w.finish(), (index) => index === 1)).toString('latin1');
    for (const text of ['in the request', 'in the resource', 'in the scope', 'in the second span']) {
      expect(kept).toContain(text);
    }
    expect(kept).not.toContain('first');
  });

  it('cuts a captured request', () => {
    const body = capture('python-otel/01-traces-batch-1.bin');
    const all = itemsOf('traces', body);
    const half = select('traces', body, (index) => index % 2 === 0);
    expect(itemsOf('traces', half)).toEqual(all.filter((_, index) => index % 2 === 0));
    expect(half.length).toBeLessThan(body.length);
  });
});

describe('filling the times of logs', () => {
  const records = (body: Uint8Array) => decodeLogs(body).flatMap((group) => group.records);

  it('takes the observed time, else the arrival, and leaves other records alone', () => {
    const logRecords = [
      { timeUnixNano: '1', observedTimeUnixNano: '2', severityText: 'a'.repeat(300) },
      {
        timeUnixNano: '0',
        observedTimeUnixNano: '1795226125646000001',
        body: { stringValue: 'x'.repeat(120) },
      },
      { severityText: 'no time' },
    ];
    const body = encode('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }, {}] });
    const filled = fillLogTimes(body, 1_795_226_125_646.7);
    expect(records(filled).map((record) => record.timeUnixNano)).toEqual([
      1n,
      1795226125646000001n,
      1795226125646000000n,
    ]);
    expect(scan('logs', filled).summary.untimed).toBe(0);
  });

  it('changes nothing else, in any request', () => {
    fc.assert(
      fc.property(requests.logs, (request) => {
        const body = encode('logs', request);
        const filled = fillLogTimes(body, 1000);
        expect(scan('logs', filled).summary).toEqual({ ...scan('logs', body).summary, untimed: 0 });
        const without = (bytes: Uint8Array) =>
          JSON.stringify(decode('logs', bytes), (key, value) => (key === 'timeUnixNano' ? undefined : value));
        expect(without(filled)).toBe(without(body));
        expect(fillLogTimes(filled, 2000)).toBe(filled);
      }),
      { numRuns: 150 },
    );
  });
});
