// Part of receivers/aws-xray: where the UDP sockets are served: in a worker thread, or in this one.
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { type Blocks, createBlocks } from './blocks.ts';
import type { FromSockets, ToSockets } from './messages.ts';
import { serveSockets } from './serve-sockets.ts';

export interface SocketThread {
  readonly blocks: Blocks;
  post(message: ToSockets): void;
  onMessage(listener: (message: FromSockets) => void): void;
  /** Called once, after the last message. */
  onEnd(listener: (error: Error | undefined) => void): void;
  /** Resolves when its sockets are gone. */
  end(): Promise<void>;
}

export type SpawnSockets = () => SocketThread;

/** What a datagram leaves behind dies at once. With V8's own limits the thread takes 6 MB more at 5,000 datagrams/s (Node 24). */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32, stackSizeMb: 1 };

/**
 * The kernel's default buffer holds 92 datagrams of 1.5 KB: 18 ms at 5,000/s, and what keeps the main thread for longer costs
 * data. While it took 16 MiB of JSON a second, half of the datagrams were dropped; from a thread of their own, 0.05 to 4 %, on
 * two cores that were busy with their sender and other things as well. The thread has 10 MB of its own. To let all other threads wait
 * for it (nice 10) halved what the default buffer lost at 20,000/s, and lost half of all where processors were scarce: not done.
 */
export function socketsInWorker(file: URL): SpawnSockets {
  return () => {
    const blocks = createBlocks();
    const worker = new Worker(file, {
      name: 'xray-udp',
      workerData: blocks.memory,
      resourceLimits: RESOURCE_LIMITS,
      // Nothing of the process's environment or flags is of use there.
      env: {},
      execArgv: [],
    });
    let failure: Error | undefined;
    worker.on('error', (error) => {
      failure = error;
    });
    return {
      blocks,
      post: (message) => worker.postMessage(message),
      onMessage: (listener) => worker.on('message', listener),
      onEnd: (listener) => worker.once('exit', () => listener(failure)),
      async end() {
        await worker.terminate();
      },
    };
  };
}

/** For sources that nobody built: the same conversation without a second thread. */
export const socketsHere: SpawnSockets = () => {
  const blocks = createBlocks();
  const { port1: ours, port2: theirs } = new MessageChannel();
  const closeAll = serveSockets(theirs, blocks);
  return {
    blocks,
    post: (message) => ours.postMessage(message),
    onMessage: (listener) => ours.on('message', listener),
    onEnd: (listener) => ours.once('close', () => listener(undefined)),
    async end() {
      const closed = once(ours, 'close');
      ours.close();
      await Promise.all([closed, closeAll()]);
    },
  };
};
