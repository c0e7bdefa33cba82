// Part of the tests: a reservoir is shared out whole, and never more than whole.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quotas } from '../../src/sampling/quotas.ts';

const NOW = 1_800_000_000;
const QUOTA_SECONDS = 30;

function sharing() {
  const quotas = new Quotas();
  return (clientId: string, total: number, atSeconds = NOW) =>
    quotas.share('rule', clientId, total, atSeconds, atSeconds + QUOTA_SECONDS).quota;
}

describe('the reservoir of a rule', () => {
  it('is all of one client', () => {
    expect(sharing()('a', 5)).toBe(5);
  });

  it('is shared once the first has heard of the second, the rest to those that came first', () => {
    const share = sharing();
    const reports = ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'].map((client) => share(client, 5));

    expect(reports.slice(0, 3)).toEqual([5, 0, 0]);
    expect(reports.slice(6)).toEqual([2, 2, 1]);
  });

  it('gives nothing to clients beyond its units', () => {
    const share = sharing();
    for (const client of ['a', 'b', 'c']) share(client, 2);

    expect(['a', 'b', 'c'].map((client) => share(client, 2))).toEqual([1, 1, 0]);
  });

  it('is all of the other one again when a client has been silent as long as its part was good', () => {
    const share = sharing();
    share('a', 4);
    share('b', 4);
    expect([share('a', 4), share('b', 4)]).toEqual([2, 2]);

    expect(share('b', 4, NOW + QUOTA_SECONDS)).toBe(2);
    expect(share('b', 4, NOW + QUOTA_SECONDS + 1)).toBe(4);
  });

  it('shrinks when the rule does', () => {
    const share = sharing();
    share('a', 50);

    expect(share('a', 3)).toBe(3);
    expect(share('a', 0)).toBe(0);
  });

  it('is never given out twice, whoever reports when', () => {
    const event = fc.record({
      client: fc.integer({ min: 0, max: 6 }),
      waitSeconds: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.array(event, { maxLength: 80 }), (total, events) => {
        const quotas = new Quotas();
        const held = new Map<number, { quota: number; untilSeconds: number }>();
        let now = NOW;
        for (const { client, waitSeconds } of events) {
          now += waitSeconds;
          held.set(client, quotas.share('rule', String(client), total, now, now + QUOTA_SECONDS));
          const good = [...held.values()].filter(({ untilSeconds }) => untilSeconds >= now);
          expect(good.reduce((sum, { quota }) => sum + quota, 0)).toBeLessThanOrEqual(total);
        }
      }),
    );
  });

  it('is shared out whole when all report in turn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 }), (total, clients) => {
        const share = sharing();
        const round = () => Array.from({ length: clients }, (_, client) => share(String(client), total));
        for (let rounds = 0; rounds < 2; rounds++) round();
        const parts = round();
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('remembers a bounded number of clients; the others take from the rate', () => {
    const share = sharing();
    for (let client = 0; client < 1000; client++) share(String(client), 5000);

    expect(share('one too many', 5000)).toBe(0);
  });
});
