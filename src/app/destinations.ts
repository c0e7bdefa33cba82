// Part of app: what a destination that is on is made of: its exporter, the loop that feeds it, and for AWS a look at its identity.
import { type Chooser, choosing } from '../delivery/choice.ts';
import type { DeadLetters } from '../delivery/dead-letters/letter.ts';
import type { Asked, Exporter } from '../delivery/exporter.ts';
import { Delivery } from '../delivery/loop.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Component } from '../model/component.ts';
import { letOthersIn } from '../model/let-others-in.ts';
import type { DestinationId, JournalRecord } from '../model/signals.ts';
import type { Events } from '../telemetry/events.ts';
import { watchIdentity } from './aws-watch.ts';
import { reportBatches } from './batch-reports.ts';
import type { AppConfig } from './options.ts';
import type { BuildContext, Destination } from './registry.ts';

export interface DestinationParts {
  exporter: Exporter<unknown>;
  delivery: Delivery<unknown>;
  /** Empty where no identity can be missing. */
  watch: readonly Component[];
}

export interface DestinationOptions extends Omit<BuildContext, 'destination'> {
  config: AppConfig;
  journal: Journal;
  ledger: Ledger;
  deadLetters: DeadLetters;
  events: Events;
  /** What of a record the destination is not to get. */
  choosers(destination: DestinationId): readonly Chooser[];
  /** Told what is encoded. */
  keepMemory(encodedBytes: number): void;
}

export async function buildDestination(
  { id, build }: Destination,
  { config, journal, ledger, deadLetters, events, choosers, keepMemory, ...context }: DestinationOptions,
): Promise<DestinationParts> {
  const { clock, random } = context;
  // Its import keeps the loop for tens of milliseconds, and SDKs ask for sampling rules at once.
  await letOthersIn();
  const built = await build(config, { ...context, destination: id });
  const encode = (record: JournalRecord, asked?: Asked) => {
    keepMemory(record.payload.length);
    return built.encode(record, asked);
  };
  const kept = choosing({ ...built, encode }, choosers(id));
  const exporter =
    id === 'aws-xray' ? reportBatches(kept, clock, (batch) => events.batchSent(id, batch)) : kept;
  const onError = (error: Error) => events.internalError(`delivery ${id}`, error);
  const delivery = new Delivery({
    destination: id,
    exporter,
    journal,
    ledger,
    deadLetters,
    clock,
    random,
    onError,
  });
  const isAws = id === 'aws-xray' || id === 'aws-cloudwatch-logs';
  const watch = isAws ? [watchIdentity({ destination: id, check: exporter.check, ledger, clock })] : [];
  return { exporter, delivery, watch };
}
