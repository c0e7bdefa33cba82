// Part of the tests: delivery/routing.
import { describe, expect, it } from 'vitest';
import { skipReason } from '../../src/delivery/routing.ts';

const summary = { items: 3, serverSpans: 0, errors: 2, exceptions: 0, untimed: 0, services: [] };

describe(skipReason, () => {
  it('leaves error logs without an exception to Rollbar only where they are asked for', () => {
    expect(skipReason('all', 'rollbar', 'logs', summary)).toBe('not_applicable');
    expect(skipReason('all', 'rollbar', 'logs', summary, true)).toBeUndefined();
    expect(skipReason('all', 'rollbar', 'logs', { ...summary, errors: 0 }, true)).toBe('not_applicable');
    expect(skipReason('all', 'rollbar', 'traces', summary, true)).toBe('not_applicable');
    expect(skipReason('all', 'rollbar', 'logs', { ...summary, exceptions: 1 })).toBeUndefined();
  });
});
