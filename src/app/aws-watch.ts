// Part of app: a destination that lacks its region or credentials says so from the start, not only when data cannot go out.
import type { Exporter } from '../delivery/exporter.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/clock.ts';
import type { Component } from '../model/component.ts';
import type { Reason } from '../model/reasons.ts';
import type { DestinationId } from '../model/signals.ts';

export interface WatchOptions {
  destination: DestinationId;
  /** Its first step says whose credentials are in use; it asks nobody but the credentials' source. */
  check: Exporter<unknown>['check'];
  ledger: Ledger;
  clock: Clock;
}

/** As often as delivery tries a destination that is blocked. */
const AGAIN_MS = 30_000;

export function watchIdentity({ destination, check, ledger, clock }: WatchOptions): Component {
  let cancel: () => void = () => undefined;
  let isStopped = false;
  /** Delivery's own state, once it has one, counts more. */
  let said: Reason | undefined;

  async function look(): Promise<void> {
    const lacking = await firstFailure(check);
    if (isStopped) return;
    const account = ledger.account(destination);
    const isOurs = said !== undefined && account?.reason === said;
    if (!lacking) {
      if (isOurs) ledger.setState(destination, 'on', null, clock.now());
      return;
    }
    if (account?.state === 'on' || isOurs) {
      said = lacking;
      ledger.setState(destination, 'blocked', lacking, clock.now());
    }
    cancel = clock.schedule(AGAIN_MS, () => void look());
  }

  return {
    async start() {
      void look();
    },
    async shutdown() {
      isStopped = true;
      cancel();
    },
  };
}

async function firstFailure(check: WatchOptions['check']): Promise<Reason | undefined> {
  for await (const result of check()) return result.status === 'failed' ? result.reason : undefined;
  return undefined;
}
