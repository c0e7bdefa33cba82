// Part of the tests: what happens to messages that no sidecast wrote before anything of them is passed on.
import { describe, expect, it, vi } from 'vitest';
import { createKafkaEvents } from '../../src/app/kafka-events.ts';
import { RefusedError } from '../../src/intake/intake.ts';
import type { Processor } from '../../src/intake/process.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { segments } from '../support/delivery.ts';

const record = { ...segments('a'), position: 7 };

function eventsWith(processor: Processor) {
  const ledger = new Ledger();
  ledger.open('honeycomb', 0);
  const events = createKafkaEvents({
    ledger,
    events: { journalEvicted: vi.fn(), journalWritable: vi.fn() },
    log: vi.fn(),
    deliveries: new Map(),
    replays: { recovered: vi.fn(), isOpen: () => false },
  });
  events.attach({ openBooks: vi.fn(), processors: [processor], onRead: vi.fn() });
  return { events, ledger };
}

describe('a message', () => {
  it('of another program is handed out when a processor that takes its time is done, at its own position', async () => {
    const { events } = eventsWith(async (accepted) => ({ ...accepted, origin: { peer: 'looked at' } }));

    expect(await events.prepare({ record, isForeign: true })).toMatchObject({
      position: 7,
      origin: { peer: 'looked at' },
    });
  });

  it('that a processor refuses is not handed out, and is rejected in the books', async () => {
    const { events, ledger } = eventsWith(async () => {
      throw new RefusedError('redaction_failed', 'no');
    });

    expect(await events.prepare({ record, isForeign: true })).toBeUndefined();
    events.refused('honeycomb', 7, 2, true);
    expect(ledger.account('honeycomb')?.counts).toMatchObject({ accepted: 2, rejected: 2, queued: 0 });
  });

  it('of a sidecast was looked at where it was taken in', async () => {
    const processor = vi.fn((accepted) => accepted);
    const { events } = eventsWith(processor);

    expect(await events.prepare({ record, isForeign: false })).toBe(record);
    expect(processor).not.toHaveBeenCalled();
  });
});
