// Part of the tests: advice is said once per cause, counted after that, and bounded.
import { describe, expect, it } from 'vitest';
import { createAdviceBook } from '../../src/telemetry/advice.ts';
import { ManualClock } from '../support/records.ts';

function book() {
  const logs: unknown[][] = [];
  const clock = new ManualClock();
  const advice = createAdviceBook(
    (level, event, msg, fields) => void logs.push([level, event, msg, fields]),
    clock,
  );
  return { advice, logs, clock };
}
const words = () => ({ message: 'what', fix: 'do' });

describe('advice', () => {
  it('is logged once for each cause, and counted', () => {
    const { advice, logs, clock } = book();
    for (const cause of ['a', 'b', 'a', 'a']) {
      advice.give('invalid_name', cause, words);
      clock.advance(1000);
    }

    expect(logs).toHaveLength(2);
    expect(logs[0]).toEqual([
      'warn',
      'advice',
      'X-Ray refuses the name of a segment or subsegment',
      { code: 'invalid_name', message: 'what', fix: 'do' },
    ]);
    expect(advice.list()).toEqual([
      { code: 'invalid_name', message: 'what', fix: 'do', since: '2027-01-15T08:00:00.000Z', count: 3 },
      { code: 'invalid_name', message: 'what', fix: 'do', since: '2027-01-15T08:00:01.000Z', count: 1 },
    ]);
  });

  it('tells five causes of a code and no more: names come from outside', () => {
    const { advice, logs } = book();
    for (let cause = 0; cause < 1000; cause++) advice.give('invalid_name', String(cause), words);
    advice.give('trace_near_quota', '', words);

    expect(logs).toHaveLength(6);
    expect(advice.list()).toHaveLength(6);
  });

  it('is a copy when it is listed', () => {
    const { advice } = book();
    advice.give('invalid_name', 'a', words);
    const before = advice.list();
    advice.give('invalid_name', 'a', words);

    expect([before[0]?.count, advice.list()[0]?.count]).toEqual([1, 2]);
  });
});
