// Part of the tests of telemetry: clients do not decide how long the log gets.
import { expect, it } from 'vitest';
import { createLineLimit } from '../../src/telemetry/line-limit.ts';
import { ManualClock } from '../support/records.ts';

it('lets sixty lines through in a minute, and as many in the next', () => {
  const clock = new ManualClock();
  const mayTell = createLineLimit(clock);
  const told = () => Array.from({ length: 500 }, mayTell).filter(Boolean).length;
  expect([told(), told()]).toEqual([60, 0]);
  clock.advance(60_000);
  expect(told()).toBe(60);
});
