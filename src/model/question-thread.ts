// Part of the model: a worker thread for what would keep the others waiting. It answers questions, and lives while there are any.
import { Worker } from 'node:worker_threads';
import type { Clock } from './clock.ts';

export interface QuestionThreadOptions {
  file: URL;
  name: string;
  workerData?: unknown;
  /** For the error of those who wait, where the thread ends without one. */
  purpose: string;
  clock: Clock;
}

export interface QuestionThread<Q extends object, A extends { id: number }> {
  /** Starts the thread where there is none. Rejects when it dies or is ended. */
  ask(question: Q, moved?: readonly ArrayBuffer[]): Promise<A>;
  /** Fails what is under way. */
  end(): Promise<void>;
}

/** Large bodies come seldom: who sends none is spared the thread's 10 MB, and who sent one gets them back. */
const IDLE_MS = 30_000;

interface Running<A> {
  worker: Worker;
  waiting: Map<number, { resolve(answer: A): void; reject(error: unknown): void }>;
}

/** The thread gets each question with an `id`, and answers under the same one. */
export function createQuestionThread<Q extends object, A extends { id: number }>({
  file,
  name,
  workerData,
  purpose,
  clock,
}: QuestionThreadOptions): QuestionThread<Q, A> {
  let running: Running<A> | undefined;
  let lastId = 0;
  let cancelEnd: (() => void) | undefined;

  function start(): Running<A> {
    const worker = new Worker(file, { name, env: {}, execArgv: [], workerData });
    // Who waits for an answer keeps the process alive; an idle thread does not.
    worker.unref();
    const started: Running<A> = { worker, waiting: new Map() };
    let failure: unknown;
    worker.on('message', (answer: A) => onAnswer(started, answer));
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => {
      if (running === started) running = undefined;
      for (const { reject } of started.waiting.values())
        reject(failure ?? new Error(`the thread that ${purpose} ended`));
    });
    return started;
  }

  function onAnswer({ waiting }: Running<A>, answer: A): void {
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
    ask(question, moved = []) {
      cancelEnd?.();
      running ??= start();
      const { worker, waiting } = running;
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        worker.postMessage({ ...question, id }, moved);
        waiting.set(id, { resolve, reject });
      });
    },
    end,
  };
}
