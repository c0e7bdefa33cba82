// Part of the tests: exporters/rollbar/throttle.
import { describe, expect, it } from 'vitest';
import { ReportedExceptions } from '../../../src/correlation/reported.ts';
import { encode } from '../../../src/exporters/rollbar/encoder.ts';
import { toItem } from '../../../src/exporters/rollbar/item.ts';
import { fingerprintOf, Throttle } from '../../../src/exporters/rollbar/throttle.ts';
import { decoded, holding, NOW_MS, record } from '../records.ts';
import { exception, group, span } from '../spans.ts';

const MINUTE_START_MS = Math.floor(NOW_MS / 60_000) * 60_000;
const at = (position: number, receivedAtMs = MINUTE_START_MS) => ({ position, ordinal: 0, receivedAtMs });

/** How each of `count` occurrences fares: the number that it tells, or 'held'. */
function run(throttle: Throttle, count: number, from = 0, receivedAtMs = MINUTE_START_MS) {
  return Array.from({ length: count }, (_, i) => {
    const admission = throttle.admit('f', at(from + i, receivedAtMs));
    return admission.admitted ? admission.suppressed : 'held';
  });
}

describe(Throttle, () => {
  it('lets so many through in a minute, then one in a hundred with the count of what it held back', () => {
    const fates = run(new Throttle(3), 203);

    expect(fates.filter((fate) => fate !== 'held')).toEqual([0, 0, 0, 99, 99]);
  });

  it('tells the next minute what the last one held back', () => {
    const throttle = new Throttle(3);
    run(throttle, 10);

    expect(run(throttle, 4, 10, MINUTE_START_MS + 60_000)).toEqual([7, 0, 0, 'held']);
  });

  it('counts each fingerprint by itself', () => {
    const throttle = new Throttle(1);
    run(throttle, 5);

    expect(throttle.admit('another', at(5))).toEqual({ admitted: true, suppressed: 0 });
  });

  it('holds nothing back at 0', () => {
    expect(run(new Throttle(0), 500)).toEqual(Array.from({ length: 500 }, () => 0));
  });

  it('lets what it let through pass again, with the same count, without counting it twice', () => {
    const throttle = new Throttle(1);
    const first = run(throttle, 5);
    const told = run(throttle, 1, 5, MINUTE_START_MS + 60_000);

    expect(first).toEqual([0, 'held', 'held', 'held', 'held']);
    expect(told).toEqual([4]);
    expect(run(throttle, 1, 5, MINUTE_START_MS + 60_000)).toEqual([4]);
    expect(run(throttle, 2, 0)).toEqual([0, 'held']);
    expect(run(throttle, 1, 6, MINUTE_START_MS + 120_000)).toEqual([0]);
  });

  it('counts records that waited, and come after later ones', () => {
    const throttle = new Throttle(3);

    expect(run(throttle, 2, 100)).toEqual([0, 0]);
    expect(run(throttle, 3, 1)).toEqual([0, 'held', 'held']);
  });

  it('throttles an older backlog too, while newer records are sent', () => {
    const throttle = new Throttle(2);
    run(throttle, 1, 1000, MINUTE_START_MS + 600_000);

    expect(run(throttle, 4, 1)).toEqual([0, 0, 'held', 'held']);
  });

  it('forgets windows rather than grows, and then lets through', () => {
    const throttle = new Throttle(1);
    run(throttle, 2);
    for (let i = 0; i < 5000; i++) throttle.admit(`other ${i}`, at(10 + i));

    expect(throttle.admit('f', at(6000))).toEqual({ admitted: true, suppressed: 1 });
  });
});

describe('an error in a loop', () => {
  const failing = (message: string, i: number) =>
    span({
      spanId: String(i).padStart(16, '0'),
      traceId: String(i).padStart(32, '0'),
      events: [
        exception('E', message, `Traceback:\n  File "/srv/a.py", line 7, in f\n    go()\nE: ${message}\n`),
      ],
    });
  const spans = Array.from({ length: 10 }, (_, i) => failing(`no user ${i}`, i));
  const decoder = decoded(holding([group(spans)]));
  const received = record('traces', new Uint8Array(), spans.length);

  it('is skipped as suppressed beyond the limit, and the next item tells how many there were', () => {
    const policy = { handledLevel: 'warning', throttle: new Throttle(4) } as const;

    const { items, skipped } = encode(received, decoder, policy);
    const later = { ...received, position: 8, receivedAtMs: received.receivedAtMs + 60_000 };
    const [next] = encode(later, decoder, policy).items;

    expect(items.length).toBe(4);
    expect(skipped).toEqual([4, 5, 6, 7, 8, 9].map((from) => ({ from, to: from + 1, code: 'suppressed' })));
    expect(toItem(next!.value, { environment: undefined, version: '1' })).toMatchObject({
      custom: { suppressed_count: 6 },
    });
  });

  it('is skipped as suppressed also where another error of the same record comes behind it', () => {
    const policy = { handledLevel: 'warning', throttle: new Throttle(1) } as const;
    const other = { ...failing('', 9), events: [exception('Other', 'm')] };
    const mixed = decoded(holding([group([...spans.slice(0, 2), other])]));

    const { items, skipped } = encode(record('traces', new Uint8Array(), 4), mixed, policy);

    expect(items.map(({ sources }) => sources.from)).toEqual([0, 2]);
    expect(skipped).toEqual([
      { from: 3, to: 4, code: 'not_applicable' },
      { from: 1, to: 2, code: 'suppressed' },
    ]);
  });

  it('is let through when a person replays its dead letters', () => {
    const policy = { handledLevel: 'warning', throttle: new Throttle(1) } as const;
    const replayed = { ...received, origin: { ...received.origin, only: 'rollbar' as const } };

    expect(encode(replayed, decoder, policy).items.length).toBe(10);
  });
});

describe('what was chosen away from Rollbar', () => {
  const raised = exception('E', 'm', 'E: m\n  at f (/srv/a.js:7:1)');
  const one = (trace: number) => [
    group([span({ traceId: String(trace).padStart(32, '0'), events: [raised] })]),
  ];
  const documents = decoded({ segments: () => [one(1), one(2), one(3)] });
  const received = record('segments', new Uint8Array(), 3);

  it('does not count: the other half of its record is let through', () => {
    const policy = { handledLevel: 'warning', throttle: new Throttle(1) } as const;

    const { items } = encode(received, documents, policy, (index) => index < 2);

    expect(items.map(({ sources }) => sources.from)).toEqual([2]);
    expect(encode({ ...received, position: 8 }, documents, policy).skipped).toContainEqual({
      from: 0,
      to: 1,
      code: 'suppressed',
    });
  });

  it('is not remembered as told of: who tells of it is let through', () => {
    const policy = { handledLevel: 'warning', reported: new ReportedExceptions() } as const;
    encode(received, documents, policy, (index) => index < 2);

    const { items } = encode({ ...received, position: 8 }, documents, policy);

    expect(items.map(({ sources }) => sources.from)).toEqual([0, 1]);
  });

  it('does not count anew when its record is read again, and more of it was chosen away by then', () => {
    const policy = { handledLevel: 'warning', throttle: new Throttle(2) } as const;
    encode(received, documents, policy);

    const { items } = encode(received, documents, policy, (index) => index === 0);

    expect(items.map(({ sources }) => sources.from)).toEqual([1]);
  });
});

describe(fingerprintOf, () => {
  const of = (given: Parameters<typeof exception>, name = 'GET /') => {
    const spans = [group([span({ name, events: [exception(...given)] })])];
    const own = decoded(holding(spans));
    return fingerprintOf(encode(record('traces', new Uint8Array(), 1), own).items[0]!.value);
  };

  it('is one for what differs in message and numbers, and another for another place', () => {
    const stack = (message: string, line: number, name = 'f') =>
      `Error: ${message}\n    at ${name} (/srv/a.js:${line}:5)\nCaused by: ${message} inside`;
    const one = of(['Error', 'no user 7', stack('no user 7', 3)]);

    expect(of(['Error', 'gone', stack('gone', 4)])).toBe(one);
    expect(of(['Error', 'no user 7', stack('no user 7', 3, 'g')])).not.toBe(one);
    expect(of(['Other', 'no user 7', stack('no user 7', 3)])).not.toBe(one);
  });

  it('is made of the words where there is no stack', () => {
    expect(of(['E', 'no user 7'])).toBe(of(['E', 'no user 8']));
    expect(of(['E', 'no user 7'])).not.toBe(of(['E', 'no room 7']));
    expect(of(['E', 'no user 7'])).not.toBe(of(['E', 'no user 7'], 'GET /other'));
  });
});
