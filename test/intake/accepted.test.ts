// Part of the tests: intake tells of what it accepts.
import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/intake/admission.ts';
import { createIntake } from '../../src/intake/index.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Accepted } from '../../src/model/signals.ts';
import { logs } from '../exporters/records.ts';

/** A journal that writes at once, or not at all. */
const journal = (isWritable: boolean) =>
  ({
    hasRoom: () => isWritable,
    append: async (_accepted: Accepted, written?: (position: number) => void) => {
      written?.(0);
      return 0;
    },
    settle: () => undefined,
  }) as unknown as Journal;

function intakeOf(isWritable: boolean, errorLogs = false) {
  const ledger = new Ledger();
  ledger.open('rollbar', 0);
  const heard: Accepted[] = [];
  const intake = createIntake({
    journal: journal(isWritable),
    ledger,
    admission: createAdmission(1024),
    processors: [(accepted) => ({ ...accepted, payload: new Uint8Array([1]) })],
    onAppended: (accepted) => heard.push(accepted),
    destinations: ['rollbar'],
    routing: () => 'all',
    errorLogs,
  });
  return { intake, heard, counts: () => ledger.account('rollbar')?.counts };
}

describe(createIntake, () => {
  it('tells of a record as its processors left it', async () => {
    const { intake, heard } = intakeOf(true);

    await intake.accept('otlp', logs('python-otel-auto/01-logs.bin'));

    expect(heard.map(({ signal, payload }) => [signal, payload])).toEqual([['logs', new Uint8Array([1])]]);
  });

  it('does not tell of what it refuses', async () => {
    const { intake, heard } = intakeOf(false);

    await expect(intake.accept('otlp', logs('python-otel-auto/01-logs.bin'))).rejects.toThrow();

    expect(heard).toEqual([]);
  });

  it.each([
    [false, { skipped: 3, queued: 0 }],
    [true, { skipped: 0, queued: 3 }],
  ])('queues error logs for Rollbar where that is asked for: %s', async (errorLogs, expected) => {
    const { intake, counts } = intakeOf(true, errorLogs);
    const received = logs('python-otel-auto/01-logs.bin');
    const summary = { ...received.summary, items: 3, errors: 1, exceptions: 0 };

    await intake.accept('otlp', { ...received, summary });

    expect(counts()).toMatchObject(expected);
  });
});
