// Part of the tests: which span and which segment are one request, and when nobody can tell.
import { describe, expect, it } from 'vitest';
import { Pairs } from '../../src/correlation/pairs.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [string, string, string];
const [X, Y] = ['1', '2'].map((digit) => digit.repeat(32)) as [string, string];

function setUp() {
  const told: string[] = [];
  const pairs = new Pairs((otlp, xray) => void told.push(`${otlp}=${xray}`));
  const request = (traceId: string, startMs: number, key: string, service: string) => ({
    traceId,
    startMs,
    key,
    service,
  });
  return {
    pairs,
    told,
    span: (traceId: string, startMs: number, nowMs = 0, key = 'GET /a 200') =>
      pairs.see('otlp', request(traceId, startMs, key, 'shop'), nowMs),
    segment: (traceId: string, startMs: number, nowMs = 0, key = 'GET /a 200') =>
      pairs.see('xray', request(traceId, startMs, key, 'host'), nowMs),
    otherOf: (span: string) => pairs.idsOf(span, 'otlp').xray,
  };
}

describe(Pairs, () => {
  it.each([[0.12], [2.2], [-0.5]])(
    'pairs a segment that starts %d ms after its span, whichever comes first',
    (laterMs) => {
      for (const order of ['span first', 'segment first']) {
        const { pairs, span, segment, told } = setUp();
        if (order === 'span first') span(A, 1000);
        segment(X, 1000 + laterMs);
        if (order === 'segment first') span(A, 1000, 5000);

        expect(pairs.idsOf(A, 'otlp')).toEqual({ otlp: A, xray: X });
        expect(pairs.idsOf(X, 'xray')).toEqual({ otlp: A, xray: X });
        expect(told).toEqual(['shop=host']);
      }
    },
  );

  it('pairs nothing of another method, path or status, nor what started at another time', () => {
    const { span, segment, otherOf } = setUp();
    span(A, 1000);
    segment(X, 1000.2, 0, 'GET /a 500');
    segment(Y, 1006);

    expect(otherOf(A)).toBe(A);
  });

  it('leaves an ambiguous pair alone, also where that shows later', () => {
    const { span, segment, otherOf, pairs } = setUp();
    span(A, 1000);
    segment(X, 1000.2);
    expect(otherOf(A)).toBe(X);
    span(B, 1000.1, 3000);

    expect([otherOf(A), otherOf(B)]).toEqual([A, B]);
    expect(pairs.idsOf(X, 'xray').otlp).toBe(X);
    segment(Y, 1000.3, 3000);
    expect([otherOf(A), otherOf(B), pairs.idsOf(Y, 'xray').otlp]).toEqual([A, B, Y]);
  });

  it('pairs requests that follow each other closely enough to be told apart', () => {
    const { span, segment, otherOf } = setUp();
    for (const [traceId, startMs] of [
      [A, 1000],
      [B, 1010],
      [C, 1020],
    ] as const)
      span(traceId, startMs);
    segment(X, 1000.2);
    segment(Y, 1010.2);

    expect([otherOf(A), otherOf(B), otherOf(C)]).toEqual([X, Y, C]);
  });

  it('lets ids that agree win, also over a pair that times had suggested', () => {
    const { span, segment, otherOf, pairs } = setUp();
    span(A, 1000);
    segment(X, 1000.2);
    segment(A, 1000.3, 10);

    expect(otherOf(A)).toBe(A);
    expect(pairs.idsOf(X, 'xray')).toEqual({ otlp: X, xray: X });
    span(A, 1000.1, 20);
    segment(Y, 1000.4, 20);
    expect(otherOf(A)).toBe(A);
  });

  it('knows a trace with two other ids by neither', () => {
    const { span, segment, otherOf } = setUp();
    span(A, 1000);
    segment(X, 1000.2);
    span(A, 2000);
    segment(Y, 2000.2);

    expect(otherOf(A)).toBe(A);
  });

  it('knows whether services are paired at all', () => {
    const { span, segment, pairs } = setUp();
    span(A, 1000);
    expect(pairs.isPairing(0)).toBe(false);
    segment(X, 1000.2, 100);
    expect([pairs.isPairing(100), pairs.isPairing(7_200_099), pairs.isPairing(7_200_100)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('forgets what stayed alone for 30 s, and is bounded', () => {
    const { span, segment, otherOf } = setUp();
    span(A, 1000, 0);
    segment(X, 1000.2, 30_000);
    expect(otherOf(A)).toBe(A);

    span(B, 5000, 40_000);
    for (let i = 0; i < 9000; i++) span(i.toString(16).padStart(32, 'f'), i * 100, 40_000, 'GET /other 200');
    segment(Y, 5000.2, 40_000);
    expect(otherOf(B)).toBe(B);
  });

  it('forgets the oldest of very many pairs', () => {
    const { span, segment, otherOf } = setUp();
    const id = (digit: string, i: number) => i.toString(16).padStart(32, digit);
    for (let i = 0; i < 9000; i++) {
      span(id('a', i), i * 100);
      segment(id('b', i), i * 100 + 0.2);
    }

    expect(otherOf(id('a', 0))).toBe(id('a', 0));
    expect(otherOf(id('a', 8999))).toBe(id('b', 8999));
  });
});
