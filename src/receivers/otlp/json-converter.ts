// Part of receivers/otlp: converts JSON bodies, large ones in a worker thread that lives while it is needed.
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../model/clock.ts';
import type { OtlpSignal } from '../../model/signals.ts';
import { MalformedError } from '../../protocols/otlp/malformed.ts';
import { convertJson, convertJsonInSteps, type Scanned } from './convert-json.ts';
import type { Answer, Question } from './json-worker.ts';

export interface JsonConverter {
  /** Nobody may touch `body` after this. Undefined when `known` is and the body does not show its signal. */
  convert(known: OtlpSignal | undefined, body: Buffer): Promise<Scanned | undefined>;
  /** Fails what is under way. */
  end(): Promise<void>;
}

/** What takes longer than 2 ms. */
export const LARGE_JSON_BYTES = 256 * 1024;
/** Few applications send bodies of this size; those that do not are spared the thread's 10 MB. */
const IDLE_MS = 30_000;

interface Running {
  worker: Worker;
  waiting: Map<number, { resolve(converted: Scanned | undefined): void; reject(error: unknown): void }>;
}

/** Without a file, running from sources, large bodies are converted here as well, in steps. */
export function createJsonConverter(file: URL | undefined, clock: Clock): JsonConverter {
  let running: Running | undefined;
  let lastId = 0;
  let cancelEnd: (() => void) | undefined;

  function start(workerFile: URL): Running {
    const worker = new Worker(workerFile, { name: 'otlp-json', env: {}, execArgv: [] });
    // A request in flight keeps the process alive; an idle thread does not.
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
        reject(failure ?? new Error('the thread that converts JSON ended'));
    });
    return started;
  }

  function onAnswer({ waiting }: Running, answer: Answer): void {
    const waiter = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === 'converted') waiter?.resolve(answer.converted && withBuffer(answer.converted));
    else waiter?.reject(answer.kind === 'malformed' ? new MalformedError(answer.message) : answer.error);
    if (waiting.size === 0) cancelEnd = clock.schedule(IDLE_MS, () => void end());
  }

  async function end(): Promise<void> {
    cancelEnd?.();
    const ending = running;
    running = undefined;
    await ending?.worker.terminate();
  }

  return {
    async convert(known, body) {
      if (body.length <= LARGE_JSON_BYTES) return convertJson(known, body);
      if (!file) return convertJsonInSteps(known, body);
      cancelEnd?.();
      running ??= start(file);
      const { worker, waiting } = running;
      const question: Question = { id: ++lastId, known, body };
      worker.postMessage(question, isAlone(body) ? [body.buffer] : []);
      return new Promise((resolve, reject) => waiting.set(question.id, { resolve, reject }));
    },
    end,
  };
}

/** Its memory is its own: it can move to the other thread. What shares memory is copied. */
function isAlone(body: Buffer): body is Buffer<ArrayBuffer> {
  return body.length === body.buffer.byteLength;
}

function withBuffer(converted: Scanned): Scanned {
  const { buffer, byteOffset, length } = converted.protobuf;
  return { ...converted, protobuf: Buffer.from(buffer, byteOffset, length) };
}
