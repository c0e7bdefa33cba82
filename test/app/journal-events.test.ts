// Part of the tests: what the journal finds, gives up and loses, in the books.
import { describe, expect, it } from 'vitest';
import { createJournalEvents } from '../../src/app/journal-events.ts';
import { isConserved } from '../../src/ledger/account.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { DestinationId } from '../../src/model/signals.ts';
import { createEvents } from '../../src/telemetry/events.ts';

function setUp() {
  const lines: { level: string; event: string; msg: string; fields: Record<string, unknown> }[] = [];
  const ledger = new Ledger();
  ledger.open('rollbar', 0);
  const events = createJournalEvents({
    ledger,
    events: createEvents(
      (level, event, msg, fields) => void lines.push({ level, event, msg, fields: { ...fields } }),
      () => 0,
    ),
    deliveries: new Map(),
    routing: () => 'all',
    replays: { recovered: () => undefined },
    turnOn: () => undefined,
  });
  const counts = (id: DestinationId) => ledger.account(id)?.counts;
  return { lines, ledger, events, counts };
}

describe(createJournalEvents, () => {
  it('counts what is missing as accepted and dropped, and nothing for a destination that is off', () => {
    const { lines, ledger, events, counts } = setUp();
    events.missing({ destination: 'rollbar', position: 4, records: 2, items: 5 });
    events.missing({ destination: 'honeycomb', position: 4, records: 2, items: 5 });

    expect(counts('rollbar')).toMatchObject({ accepted: 5, dropped: 5, queued: 0 });
    expect(ledger.account('rollbar')?.reasons.dropped).toEqual({ journal_damaged: 5 });
    expect(lines).toMatchObject([{ event: 'journal_evicted', fields: { destination: 'rollbar', items: 5 } }]);
  });

  it('counts what was in memory at the end as dropped, and remembers it for the last line', () => {
    const { lines, ledger, events, counts } = setUp();
    ledger.accept('rollbar', 7);
    events.memoryLost('rollbar', 3);

    const account = counts('rollbar');
    expect(account).toMatchObject({ accepted: 7, dropped: 3, queued: 4 });
    expect(account && isConserved(account)).toBe(true);
    expect(events.lost).toEqual({ rollbar: 3 });
    expect(lines).toMatchObject([{ level: 'error', event: 'memory_lost', fields: { items: 3 } }]);
  });

  it('says what becomes of the data before it says why', () => {
    const { lines, events } = setUp();
    events.writable(false, new Error('ENOSPC'), 'records');
    events.writable(true, undefined, 'records');
    events.writable(false, new Error('EIO'), 'settlements');

    expect(lines.map(({ level, event }) => [level, event])).toEqual([
      ['error', 'journal_unwritable'],
      ['info', 'journal_writable'],
      ['error', 'journal_unwritable'],
    ]);
    expect(lines[0]?.msg).toMatch(/^new data is kept in memory only/);
    expect(lines[2]?.msg).toMatch(/^nothing is lost/);
  });
});
