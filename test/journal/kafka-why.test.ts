// Part of the tests: what users read when brokers do not answer.
import { expect, it } from 'vitest';
import { whyOf } from '../../src/journal/kafka/why.ts';

it('what went wrong is told by the error at the bottom, and what was being done by the one at the top', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
  const failed = new Error('Connection to 127.0.0.1:1 failed.', { cause: refused });
  const multiple = new AggregateError(
    [new AggregateError([failed], 'Cannot connect to any broker.')],
    'Creating topics failed.',
  );

  expect(whyOf(multiple)).toBe('Creating topics failed: connect ECONNREFUSED 127.0.0.1:1');
  expect(whyOf(refused)).toBe('connect ECONNREFUSED 127.0.0.1:1');
  expect(whyOf('odd')).toBe('odd');
});
