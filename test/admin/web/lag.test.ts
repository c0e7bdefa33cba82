// Part of the tests: what the page says of a destination that is behind in Kafka.
import { describe, expect, it } from 'vitest';
import { lagOf } from '../../../src/admin/web/model/lag.ts';
import type { KafkaStatus } from '../../../src/journal/journal.ts';

const now = (kafka?: KafkaStatus) =>
  ({ status: { journal: kafka ? { kafka } : {} } }) as unknown as Parameters<typeof lagOf>[0];

const partitions = [
  { signal: 'traces', partition: 0, lag: 3 },
  { signal: 'traces', partition: 1, lag: 40 },
  { signal: 'logs', partition: 0, lag: 0 },
] as const;
const group = { destination: 'honeycomb', group: 'sidecast-honeycomb', error: null, partitions } as const;

describe('the lag of a destination', () => {
  it('is the sum of its partitions, the one that is most behind first', () => {
    const lag = lagOf(now({ brokers: [], outboxBytes: 0, groups: [group] }), 'honeycomb');

    expect(lag).toMatchObject({ group: 'sidecast-honeycomb', messages: 43 });
    expect(lag?.partitions.map(({ lag: messages }) => messages)).toEqual([40, 3, 0]);
  });

  it('is not told of a journal on disk, nor of a destination that others deliver to', () => {
    expect(lagOf(now(), 'honeycomb')).toBeUndefined();
    expect(lagOf(now({ brokers: [], outboxBytes: 0, groups: [group] }), 'rollbar')).toBeUndefined();
  });
});
