// Part of the tests: runs one target, and looks at what each input costs and what is left in memory.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inputFor } from './mutate.ts';
import { TARGETS } from './targets.ts';

export interface FuzzOptions {
  target: string;
  runs: number;
  seed: number;
  first: number;
  /** The input under way, for whoever watches from outside. */
  progress: Int32Array;
}

export interface Finding {
  index: number;
  what: string;
}

export interface FuzzResult {
  target: string;
  seed: number;
  runs: number;
  seconds: number;
  slowestMs: number;
  /** After the first tenth and at the end, with the garbage collected. */
  heapMiB: readonly [number, number];
  findings: readonly Finding[];
}

/** The bound for 64 KB. A machine that does something else is no finding: the best of several tries counts. */
const MAX_MS = 50;
const TRIES = 5;
const MAX_GROWTH_MIB = 32;
const MAX_FINDINGS = 5;

export async function fuzz({ target: name, runs, seed, first, progress }: FuzzOptions): Promise<FuzzResult> {
  const target = TARGETS[name];
  if (!target) throw new Error(`no target ${name}; there are ${Object.keys(TARGETS).join(', ')}`);
  const corpus = target.corpus();
  const { maxMs = MAX_MS } = target;
  const findings: Finding[] = [];
  const startedMs = performance.now();
  let slowestMs = 0;
  let heapBefore = heapMiB();
  for (let index = first; index < first + runs && findings.length < MAX_FINDINGS; index++) {
    Atomics.store(progress, 0, index);
    const input = inputFor(seed, index, corpus);
    const timeOnce = async () => {
      const from = nowMs();
      await target.run(Buffer.from(input));
      return nowMs() - from;
    };
    try {
      let ms = await timeOnce();
      for (let tries = 1; ms > maxMs && tries < TRIES; tries++) ms = Math.min(ms, await timeOnce());
      slowestMs = Math.max(slowestMs, ms);
      if (ms > maxMs) findings.push({ index, what: `${ms.toFixed(0)} ms for ${input.length} bytes` });
    } catch (error) {
      findings.push({ index, what: (error as Error).stack ?? String(error) });
    }
    if (index - first === Math.floor(runs / 10)) heapBefore = heapMiB();
  }
  const heapAfter = heapMiB();
  if (heapAfter - heapBefore > MAX_GROWTH_MIB)
    findings.push({ index: -1, what: `memory grew from ${heapBefore} to ${heapAfter} MiB` });
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  return {
    target: name,
    seed,
    runs,
    seconds,
    slowestMs: Math.round(slowestMs),
    heapMiB: [heapBefore, heapAfter],
    findings,
  };
}

/** This thread's own time where Node tells it (23.9 and later): what else the machine does is no finding. */
function nowMs(): number {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => { user: number; system: number } };
  if (!threadCpuUsage) return performance.now();
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) / 1000;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapMiB(): number {
  // The memory of buffers is given back beside the program: by the second time, that of the first is.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return Math.round((heapUsed + arrayBuffers) / 1024 / 1024);
}
