// Part of the tests: what the page says in numbers is true. The best-known viewer shows a span that ends before it starts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytes,
  clock,
  count,
  duration,
  exactDuration,
  exactTime,
  msBetween,
  percent,
  tick,
  unixMs,
} from '../../../src/admin/web/model/format.ts';

/** 1970 to 2100. */
const unixNano = fc.bigInt({ min: 0n, max: 4_102_444_800_000_000_000n });
const later = fc.bigInt({ min: 0n, max: 10n ** 15n });

/** Of `exactTime`. */
function readBack(text: string): bigint {
  const [, day, time, below, zone] = /^(\S+) (\S{12})(\d{6}) (\S+)$/.exec(text) ?? [];
  return BigInt(Date.parse(`${day}T${time}${zone}`)) * 1_000_000n + BigInt(below ?? 'none');
}

describe('a time', () => {
  it('says every nanosecond: it can be read back', () => {
    fc.assert(fc.property(unixNano, (at) => void expect(readBack(exactTime(String(at)))).toBe(at)));
  });

  it('is never shown later than one that is later, also not when it is cut to milliseconds', () => {
    fc.assert(
      fc.property(unixNano, later, (start, took) => {
        const [from, to] = [exactTime(String(start)), exactTime(String(start + took))];
        expect(readBack(from) <= readBack(to)).toBe(true);
        expect(unixMs(String(start))).toBeLessThanOrEqual(unixMs(String(start + took)));
      }),
    );
  });

  it('has in short the digits that it has in full', () => {
    fc.assert(
      fc.property(unixNano, (at) => void expect(exactTime(String(at)).slice(11, 23)).toBe(clock(String(at)))),
    );
  });

  it('of before 1970, or of no use, does not break the page', () => {
    expect(exactTime('-1')).toContain('.999999999 ');
    expect(exactTime('18446744073709551615')).toMatch(/./);
    expect(exactTime(`1${'0'.repeat(40)}`)).toContain(' ns');
  });
});

describe('a duration', () => {
  const millis = fc.double({ min: 1e-6, max: 1e9, noNaN: true });

  it('is within half of its last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 59_949, noNaN: true }), (ms) => {
        const [number = '', unit = ''] = duration(ms).split(' ');
        const shown = Number(number) * ({ µs: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN);
        expect(Math.abs(shown - ms) / ms).toBeLessThanOrEqual(0.00503);
      }),
    );
  });

  it('has three significant digits below a minute, and no more', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 59_949, noNaN: true }),
        (ms) => void expect(duration(ms)).toMatch(/^(\d\.\d\d|\d\d\.\d|\d{3}) (µs|ms|s)$/),
      ),
    );
  });

  it('never grows shorter as the time grows longer', () => {
    const size = (text: string) => {
      const units: Record<string, number> = {
        µs: 0.001,
        ms: 1,
        s: 1000,
        m: 60_000,
        h: 3_600_000,
        days: 86_400_000,
      };
      return [...text.matchAll(/([\d.]+) (\S+)/g)].reduce(
        (sum, [, n, unit]) => sum + Number(n) * (units[unit ?? ''] ?? 0),
        0,
      );
    };
    fc.assert(
      fc.property(millis, millis, (a, b) => {
        const [short, long] = a < b ? [a, b] : [b, a];
        expect(size(duration(short))).toBeLessThanOrEqual(size(duration(long)) + 1e-9);
      }),
    );
  });

  it('reads as people write it', () => {
    const texts = [0, 0.00085, 0.85, 0.9996, 24, 999.6, 1200, 59_960, 125_000, 7_260_000, 3 * 86_400_000];
    expect(texts.map(duration)).toEqual([
      '0 ms',
      '0.85 µs',
      '850 µs',
      '1.00 ms',
      '24.0 ms',
      '1.00 s',
      '1.20 s',
      '1 m 00 s',
      '2 m 05 s',
      '2 h 01 m',
      '3 days',
    ]);
    expect(duration(-1.5)).toBe('−1.50 ms');
    expect(exactDuration(24.013292)).toBe('24.013292 ms');
    expect(exactDuration(20)).toBe('20 ms');
  });

  it('between two times is exact, where milliseconds in a number would not be', () => {
    fc.assert(
      fc.property(
        unixNano,
        fc.integer({ min: 0, max: 2 ** 31 }),
        (start, nanos) =>
          void expect(msBetween(String(start), String(start + BigInt(nanos)))).toBe(nanos / 1e6),
      ),
    );
  });
});

describe('other numbers', () => {
  it('tell an axis tick from its neighbour', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0.001, 0.02, 0.5, 1, 20, 500, 2000),
        fc.integer({ min: 0, max: 40 }),
        (step, index) => void expect(tick(index * step, step)).not.toBe(tick((index + 1) * step, step)),
      ),
    );
  });

  it('read as people write them', () => {
    expect([999, 1000, 1_525_640].map(count)).toEqual(['999', '1\u202f000', '1\u202f525\u202f640']);
    expect([512, 1536, 148_897_792].map(bytes)).toEqual(['512 B', '1.50 KiB', '142 MiB']);
    expect([0, 0.04, 1.25, 83.4].map(percent)).toEqual(['0 %', '<0.1 %', '1.3 %', '83 %']);
  });
});
