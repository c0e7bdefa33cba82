// Part of processors/redact: the thread for what would keep the others waiting. It lives while it is needed.
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../model/clock.ts';
import type { Accepted } from '../../model/signals.ts';
import type { RedactionCounts } from './index.ts';
import type { RedactSettings } from './settings.ts';

export interface Question {
  id: number;
  accepted: Pick<Accepted, 'signal' | 'payload' | 'summary'>;
}

/** `redacted` is absent where there was nothing to redact. An error's message may quote what was read, so it is not passed on. */
export type Answer = { id: number; counts: RedactionCounts } & (
  | { redacted?: Pick<Accepted, 'payload' | 'summary'> }
  | { failedAt: string }
);

export interface RedactThread {
  /** Leaves what it is given as it is. Rejects for bugs. */
  redact(accepted: Accepted): Promise<Accepted>;
  /** Fails what is under way. */
  end(): Promise<void>;
}

/** Secrets come seldom, and in large bodies more so: the thread's 10 MB are given back. */
const IDLE_MS = 30_000;

interface Running {
  worker: Worker;
  waiting: Map<number, { resolve(answer: Answer): void; reject(error: unknown): void }>;
}

export function createRedactThread(
  file: URL,
  settings: RedactSettings,
  clock: Clock,
  onCounts: (counts: RedactionCounts) => void,
): RedactThread {
  let running: Running | undefined;
  let lastId = 0;
  let cancelEnd: (() => void) | undefined;

  function start(): Running {
    const worker = new Worker(file, { name: 'redact', env: {}, execArgv: [], workerData: settings });
    // Who waits for an answer keeps the process alive; an idle thread does not.
    worker.unref();
    const started: Running = { worker, waiting: new Map() };
    let failure: unknown;
    worker.on('message', (answer: Answer) => onAnswer(started, answer));
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => {
      if (running === started) running = undefined;
      for (const { reject } of started.waiting.values())
        reject(failure ?? new Error('the thread that redacts ended'));
    });
    return started;
  }

  function onAnswer({ waiting }: Running, answer: Answer): void {
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
    if (waiting.size === 0) cancelEnd = clock.schedule(IDLE_MS, () => void end());
  }

  async function end(): Promise<void> {
    cancelEnd?.();
    const ending = running;
    running = undefined;
    await ending?.worker.terminate();
  }

  return {
    async redact(accepted) {
      cancelEnd?.();
      running ??= start();
      const { worker, waiting } = running;
      const { signal, summary } = accepted;
      const id = ++lastId;
      // A copy: the buffer may be a part of a larger one, and what is clean keeps its own.
      const payload = new Uint8Array(accepted.payload);
      const question: Question = { id, accepted: { signal, summary, payload } };
      const answered = new Promise<Answer>((resolve, reject) => waiting.set(id, { resolve, reject }));
      worker.postMessage(question, [payload.buffer]);
      const answer = await answered;
      if ('failedAt' in answer) throw Object.assign(new Error(), { stack: answer.failedAt });
      onCounts(answer.counts);
      return answer.redacted ? { ...accepted, ...answer.redacted } : accepted;
    },
    end,
  };
}
