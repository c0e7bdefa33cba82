// Part of app: which destinations are on. Honeycomb without a key of its own goes on when an app sends one.
import { type AppKeys, createAppKeys } from '../exporters/honeycomb/app-keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/clock.ts';
import type { Reason } from '../model/reasons.ts';
import { DESTINATION_IDS, type DestinationId } from '../model/signals.ts';
import type { Events } from '../telemetry/events.ts';
import type { AppConfig } from './options.ts';
import { registry } from './registry.ts';

export interface Switches {
  /** Why each destination that is off is off. */
  off: Readonly<Partial<Record<DestinationId, Reason>>>;
  /** Those that are on or may go on: the journal keeps their cursors. An account has only what is on. */
  known: readonly DestinationId[];
  appKeys: AppKeys;
  /** Nothing for one that is on. */
  turnOn(id: DestinationId): void;
  /** Starts the delivery of all that are on, and from then on of each that goes on. */
  deliverBy(deliver: (id: DestinationId) => Promise<void>): Promise<void>;
}

export interface SwitchesOptions {
  ledger: Ledger;
  clock: Clock;
  events: Pick<Events, 'internalError'>;
  /** An app sent a key that was not known: what waits for it may go. */
  onAppKey(): void;
}

const LEFT_TO_OTHERS: Reason = {
  code: 'not_configured',
  message: 'this sidecast only receives, and others deliver',
  fix: 'Look at a sidecast with SIDECAST_ROLE=deliver, or set SIDECAST_ROLE=both here.',
};

export function createSwitches(
  config: AppConfig,
  { ledger, clock, events, onAppKey }: SwitchesOptions,
): Switches {
  const off: Partial<Record<DestinationId, Reason>> = {};
  const isReceiver = config.kafka.role === 'receive';
  for (const { id, off: offReason } of registry) {
    const reason = isReceiver ? LEFT_TO_OTHERS : offReason(config);
    if (reason) off[id] = reason;
    else ledger.open(id, clock.now());
  }
  let deliver: ((id: DestinationId) => Promise<void>) | undefined;

  function turnOn(id: DestinationId): void {
    if (!off[id] || isReceiver) return;
    delete off[id];
    ledger.open(id, clock.now());
    deliver?.(id).catch((error: Error) => events.internalError(`start of ${id}`, error));
  }

  return {
    off,
    known: DESTINATION_IDS.filter((id) => !off[id] || id === 'honeycomb'),
    appKeys: createAppKeys(() => {
      turnOn('honeycomb');
      onAppKey();
    }),
    turnOn,
    async deliverBy(start) {
      for (const { id } of registry) if (!off[id]) await start(id);
      deliver = start;
    },
  };
}
