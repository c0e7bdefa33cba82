// Part of the tests: patterns of rules, as the SDKs read them.
import { describe, expect, it } from 'vitest';
import { matches } from '../../src/sampling/pattern.ts';

describe(matches, () => {
  it.each([
    ['*', ''],
    ['*', 'anything'],
    ['backend-flask', 'Backend-Flask'],
    ['4567-*', '4567-ws.gitpod.io'],
    ['*.gitpod.io', '4567-ws.gitpod.io'],
    ['*-ws.*.io', '4567-ws.gitpod.io'],
    ['a?c', 'abc'],
    ['a**c', 'ac'],
    ['*aab', 'aaaab'],
    ['*a*b*', 'xxaxxbxx'],
    ['', ''],
  ])('%j is for %j', (pattern, text) => {
    expect(matches(pattern, text)).toBe(true);
  });

  it.each([
    ['', 'a'],
    ['a', ''],
    ['a?c', 'ac'],
    ['a.c', 'abc'],
    ['[ab]', 'a'],
    ['backend', 'backend-flask'],
    ['*a', 'ab'],
  ])('%j is not for %j', (pattern, text) => {
    expect(matches(pattern, text)).toBe(false);
  });

  it('takes no time that grows with the stars', () => {
    const startedMs = performance.now();

    expect(matches(`${'*a'.repeat(30)}b`, 'a'.repeat(5000))).toBe(false);

    expect(performance.now() - startedMs).toBeLessThan(200);
  });
});
