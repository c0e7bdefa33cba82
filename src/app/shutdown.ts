// Part of app: the order of stopping. Other containers get the same signal and still send: receiving ends last but one.
import type { Delivery } from '../delivery/loop.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/clock.ts';
import type { Component } from '../model/component.ts';

export interface ShutdownOptions {
  timeoutMs: number;
  clock: Clock;
  ledger: Ledger;
  receivers: readonly Pick<Component, 'shutdown'>[];
  deliveries: readonly Delivery<unknown>[];
  journal: Journal;
  after: readonly { shutdown(deadline: AbortSignal): Promise<unknown> }[];
}

/** Listeners close after this long without input (DESIGN section 6). */
const QUIET_MS = 1000;
/** Or this long before the deadline. */
const CLOSE_BEFORE_DEADLINE_MS = 2000;
/** Kept for the last writes to disk. */
const RESERVE_MS = 300;

export async function shutDown(options: ShutdownOptions): Promise<void> {
  const { clock, timeoutMs, receivers, deliveries, journal, after } = options;
  const deadlineMs = clock.now() + timeoutMs;
  const deadline = new AbortController();
  const cancel = keepAlive(Math.max(0, timeoutMs - RESERVE_MS), () => deadline.abort());
  await untilQuiet(options, deadlineMs - CLOSE_BEFORE_DEADLINE_MS);
  await Promise.all(receivers.map((receiver) => receiver.shutdown(deadline.signal)));
  await Promise.all(deliveries.map((delivery) => delivery.shutdown(deadline.signal)));
  await journal.shutdown(deadline.signal);
  for (const component of after) await component.shutdown(deadline.signal);
  cancel();
}

/** Input is what the journal takes: it covers every receiver. */
async function untilQuiet({ clock, journal }: ShutdownOptions, latestMs: number): Promise<void> {
  let lastInputMs = clock.now();
  const unsubscribe = journal.onAppend(() => {
    lastInputMs = clock.now();
  });
  for (;;) {
    const waitMs = Math.min(lastInputMs + QUIET_MS, latestMs) - clock.now();
    if (waitMs <= 0) break;
    await new Promise<void>((resolve) => keepAlive(waitMs, resolve));
  }
  unsubscribe();
}

/** Unlike the clock's timers this one holds the process: stopping must come to its end. */
function keepAlive(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
