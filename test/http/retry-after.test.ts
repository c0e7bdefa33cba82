// Part of the tests: http/retry-after.
import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../src/http/retry-after.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12, 0, 0);

describe(retryAfterMs, () => {
  it.each([
    ['7', 7_000],
    ['1.5', 1_500],
    ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
    ['86400', 3_600_000],
    ['0', undefined],
    ['-5', undefined],
    ['Fri, 20 Nov 2026 11:59:30 GMT', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('reads %j as %j ms', (text, waitMs) => {
    expect(retryAfterMs({ 'retry-after': text }, NOW_MS)).toBe(waitMs);
  });

  it('knows nothing without the header', () => {
    expect(retryAfterMs({}, NOW_MS)).toBeUndefined();
  });
});
