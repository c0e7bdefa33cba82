// Part of app: the order of stopping. Other containers get the same signal and still send: receiving ends last but one.
import type { Delivery } from '../delivery/loop.ts';
import type { Journal } from '../journal/journal.ts';
import type { Component } from '../model/component.ts';

export interface ShutdownOptions {
  timeoutMs: number;
  receivers: readonly Pick<Component, 'shutdown'>[];
  deliveries: readonly Pick<Delivery<unknown>, 'shutdown'>[];
  journal: Pick<Journal, 'shutdown' | 'onAppend'>;
  after: readonly { shutdown(deadline: AbortSignal): Promise<unknown> }[];
}

/** Listeners close after this long without input, or this long before the deadline (DESIGN section 6). */
const QUIET_MS = 1000;
const CLOSE_BEFORE_DEADLINE_MS = 2000;
/** Requests that are still being sent then are cut off: what they bring could not be delivered any more. */
const CUT_BEFORE_DEADLINE_MS = 1000;
/** Kept for the last writes to disk. */
const RESERVE_MS = 300;
/** A timeout shorter than this is shared out in the same proportions. */
const FULL_TIMEOUT_MS = 2 * CLOSE_BEFORE_DEADLINE_MS;

/** Resolves within `timeoutMs`, whatever hangs: the journal is then as a kill would leave it, which loses nothing. */
export async function shutDown(options: ShutdownOptions): Promise<void> {
  const { timeoutMs } = options;
  const timers: NodeJS.Timeout[] = [];
  const at = (beforeDeadlineMs: number, run: () => void) => {
    const share = Math.min(1, timeoutMs / FULL_TIMEOUT_MS);
    timers.push(setTimeout(run, timeoutMs - beforeDeadlineMs * share));
  };
  const [cut, deadline] = [new AbortController(), new AbortController()];
  at(CUT_BEFORE_DEADLINE_MS, () => cut.abort());
  at(RESERVE_MS, () => deadline.abort());
  const isLate = new Promise<void>((resolve) => at(CLOSE_BEFORE_DEADLINE_MS, resolve));
  const isOver = new Promise<void>((resolve) => at(0, resolve));
  await Promise.race([stopInOrder(options, isLate, cut.signal, deadline.signal), isOver]);
  for (const timer of timers) clearTimeout(timer);
}

async function stopInOrder(
  { receivers, deliveries, journal, after }: ShutdownOptions,
  isLate: Promise<void>,
  cut: AbortSignal,
  deadline: AbortSignal,
): Promise<void> {
  await Promise.race([inputEnds(journal), isLate]);
  await Promise.all(receivers.map((receiver) => receiver.shutdown(cut)));
  await Promise.all(deliveries.map((delivery) => delivery.shutdown(deadline)));
  await journal.shutdown(deadline);
  for (const component of after) await component.shutdown(deadline);
}

/** Input is what the journal takes: it covers every receiver. */
function inputEnds(journal: ShutdownOptions['journal']): Promise<void> {
  return new Promise((resolve) => {
    const quiet = setTimeout(() => {
      unsubscribe();
      resolve();
    }, QUIET_MS);
    const unsubscribe = journal.onAppend(() => void quiet.refresh());
  });
}
