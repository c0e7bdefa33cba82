// Part of the tests: app/destinations: what an exporter is told of a record before it encodes it.
import { expect, it } from 'vitest';
import { buildDestination, type DestinationOptions } from '../../src/app/destinations.ts';
import { createDeadLetterMemory } from '../../src/delivery/dead-letters/memory.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { ok, segments, stubExporter } from '../support/delivery.ts';
import { ManualClock, startJournal } from '../support/records.ts';

it('leaves the exporter the choice of what to count: it hears which items are out, and whether they may wait', async () => {
  const told: unknown[] = [];
  const exporter = stubExporter(() => ok);
  const journal = await startJournal({ dataDir: 'memory', destinations: ['rollbar'] });
  const clock = new ManualClock();
  const options: Partial<DestinationOptions> = {
    journal,
    ledger: new Ledger(),
    deadLetters: createDeadLetterMemory(),
    clock,
    random: () => 0.5,
    choosers: () => [() => ({ without: [{ from: 0, to: 1, code: 'native_first' }] })],
    keepMemory: () => undefined,
  };
  const built = await buildDestination(
    {
      id: 'rollbar',
      off: () => undefined,
      build: async () => ({
        ...exporter,
        encode(record, asked) {
          told.push(
            [0, 1].map((index) => asked?.isOut?.(index)),
            asked?.isFinal,
          );
          return exporter.encode(record);
        },
      }),
    },
    options as DestinationOptions,
  );

  built.exporter.encode({ ...segments('a', 'b'), position: 0 }, { isFinal: true });

  expect(told).toEqual([[true, false], true]);
  await journal.shutdown(AbortSignal.abort());
});
