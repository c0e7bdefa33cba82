// Part of the chaos tests: what goes wrong and when. A seed decides all of it, before anything is started.
import { DESTINATION_IDS, type DestinationId } from '../../../src/model/signals.ts';
import type { Fault } from '../../../src/sandbox/index.ts';

export type Action =
  | { kind: 'fault'; destination: DestinationId; fault: Fault }
  /** `downMs` later it is started again. */
  | { kind: 'signal'; signal: 'SIGKILL' | 'SIGTERM'; downMs: number }
  | { kind: 'disk'; disk: 'ENOSPC' | 'EIO' | 'EROFS' | null }
  /** What waits for the disk waits this long. */
  | { kind: 'stall'; stallMs: number };

export interface Step {
  atMs: number;
  action: Action;
}

/** Vendors fail when it is their time; what is done to the process waits until it is there. */
export interface Plan {
  vendors: readonly Step[];
  process: readonly Step[];
}

type Random = () => number;

const between = (random: Random, from: number, to: number) => Math.round(from + random() * (to - from));
const oneOf = <T>(random: Random, choices: readonly T[]): T =>
  choices[Math.floor(random() * choices.length)] as T;

/** Those that end with the item delivered are as many as those that end in the dead letters. */
const FAULTS: readonly ((random: Random) => Fault)[] = [
  () => ({ kind: 'hang' }),
  () => ({ kind: 'reset', at: 'request' }),
  () => ({ kind: 'reset', at: 'body' }),
  () => ({ kind: 'reset', at: 'answer' }),
  (random) => ({ kind: 'slow', delayMs: between(random, 50, 3000) }),
  () => ({ kind: 'status', status: 503 }),
  () => ({ kind: 'status', status: 500 }),
  (random) => ({ kind: 'status', status: 429, retryAfter: between(random, 1, 3) }),
  () => ({ kind: 'status', status: 401 }),
  () => ({ kind: 'status', status: 403 }),
  () => ({ kind: 'status', status: 400 }),
  () => ({ kind: 'status', status: 413 }),
  () => ({ kind: 'partial' }),
  () => ({ kind: 'partial', status: 429 }),
  () => ({ kind: 'html' }),
];

export function makePlan(random: Random, durationMs: number): Plan {
  const byTime = (a: Step, b: Step) => a.atMs - b.atMs;
  return {
    vendors: DESTINATION_IDS.flatMap((id) => faultsOf(random, id, durationMs)).sort(byTime),
    process: [...signals(random, durationMs), ...diskTrouble(random, durationMs)].sort(byTime),
  };
}

/** By kind, without those that end a fault. */
export function countSteps({ vendors, process }: Plan) {
  const count = (is: (action: Action) => boolean) =>
    [...vendors, ...process].filter(({ action }) => is(action)).length;
  return {
    kills: count((action) => action.kind === 'signal' && action.signal === 'SIGKILL'),
    stops: count((action) => action.kind === 'signal' && action.signal === 'SIGTERM'),
    vendorFaults: count((action) => action.kind === 'fault' && action.fault.kind !== 'none'),
    diskFaults: count(
      (action) =>
        (action.kind === 'disk' && action.disk !== null) || (action.kind === 'stall' && action.stallMs > 0),
    ),
  };
}

/** Well, broken, well, broken in another way. */
function faultsOf(random: Random, destination: DestinationId, durationMs: number): Step[] {
  const steps: Step[] = [];
  for (let atMs = between(random, 500, 4000); atMs < durationMs; ) {
    steps.push({ atMs, action: { kind: 'fault', destination, fault: oneOf(random, FAULTS)(random) } });
    atMs += between(random, 300, 6000);
    steps.push({ atMs, action: { kind: 'fault', destination, fault: { kind: 'none' } } });
    atMs += between(random, 300, 4000);
  }
  return steps;
}

function signals(random: Random, durationMs: number): Step[] {
  const steps: Step[] = [];
  for (let atMs = between(random, 500, 5000); atMs < durationMs; atMs += between(random, 500, 8000)) {
    const signal = random() < 0.75 ? 'SIGKILL' : 'SIGTERM';
    steps.push({ atMs, action: { kind: 'signal', signal, downMs: between(random, 0, 800) } });
  }
  return steps;
}

function diskTrouble(random: Random, durationMs: number): Step[] {
  const steps: Step[] = [];
  for (let atMs = between(random, 2000, 10_000); atMs < durationMs; atMs += between(random, 8000, 20_000)) {
    if (random() < 0.3) {
      steps.push({ atMs, action: { kind: 'stall', stallMs: between(random, 100, 1500) } });
      atMs += between(random, 500, 3000);
      steps.push({ atMs, action: { kind: 'stall', stallMs: 0 } });
    } else {
      const disk = oneOf(random, ['ENOSPC', 'EIO', 'EROFS'] as const);
      steps.push({ atMs, action: { kind: 'disk', disk } });
      atMs += between(random, 300, 4000);
      steps.push({ atMs, action: { kind: 'disk', disk: null } });
    }
  }
  return steps;
}
