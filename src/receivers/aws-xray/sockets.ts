// Part of receivers/aws-xray: the main thread's side of the UDP sockets. If their thread dies, another one opens them again.
import type { Clock } from '../../model/clock.ts';
import type { Blocks } from './blocks.ts';
import type { Batch, FromSockets, ToSockets } from './messages.ts';
import type { SocketThread, SpawnSockets } from './thread.ts';
import type { UdpSocket } from './udp.ts';

export interface SocketsOptions {
  spawn: SpawnSockets;
  /** 0 leaves the kernel's default. */
  receiveBufferBytes: number;
  clock: Clock;
  /** The batch's block is to be freed when nothing of it waits any longer. */
  onBatch(batch: Batch, blocks: Blocks): void;
  onError(error: Error): void;
  /** The thread is gone, and so many datagrams with it. With an error it died, and another one is started. */
  onEnd(lost: number, error: Error | undefined): void;
}

export interface Sockets {
  open(host: string, port: number): Promise<UdpSocket>;
  /** Reads what was sent so far and closes all sockets; resolves after the last batch. */
  stop(): Promise<void>;
  /** Ends the thread, stopped or not. Safe twice; `open` starts another one. */
  end(): Promise<void>;
}

/** A thread that lived shorter than this is not replaced at once; a port that could not be opened again is tried so often. */
const PAUSE_MS = 1000;

interface Address {
  host: string;
  port: number;
}

type Question = Extract<ToSockets, { id: number }>;
type Answer = Extract<FromSockets, { id: number }>;

interface Running {
  thread: SocketThread;
  startedAtMs: number;
  /** Questions without an answer yet, by id. */
  asked: Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>;
}

export function createSockets(options: SocketsOptions): Sockets {
  const { spawn, receiveBufferBytes, clock } = options;
  const open = new Map<number, Address>();
  let running: Running | undefined;
  let lastId = 0;

  function start(): Running {
    const thread = spawn();
    const started: Running = { thread, startedAtMs: clock.now(), asked: new Map() };
    thread.onMessage((message) => onMessage(started, message));
    thread.onEnd((error) => onEnd(started, error));
    return started;
  }

  function ask({ thread, asked }: Running, question: Question): Promise<Answer> {
    thread.post(question);
    return new Promise((resolve, reject) => asked.set(question.id, { resolve, reject }));
  }

  function onMessage({ thread, asked }: Running, message: FromSockets): void {
    if (message.kind === 'batch') options.onBatch(message.batch, thread.blocks);
    else if (message.kind === 'error') options.onError(new Error(message.message));
    else {
      asked.get(message.id)?.resolve(message);
      asked.delete(message.id);
    }
  }

  function onEnd(ended: Running, error = new Error('its thread ended without a reason')): void {
    for (const { reject } of ended.asked.values()) reject(error);
    const hasDied = running === ended;
    options.onEnd(ended.thread.blocks.inHand, hasDied ? error : undefined);
    if (!hasDied) return;
    running = undefined;
    const livedMs = clock.now() - ended.startedAtMs;
    clock.schedule(livedMs < PAUSE_MS ? PAUSE_MS : 0, () => {
      for (const [id, address] of open) void reopen(id, address);
    });
  }

  async function reopen(id: number, address: Address): Promise<void> {
    try {
      await bind(id, address);
    } catch (error) {
      // If it was the thread's end again, all of them are opened again anyway.
      if (!running || !open.has(id)) return;
      options.onError(error as Error);
      clock.schedule(PAUSE_MS, () => open.has(id) && void reopen(id, address));
    }
  }

  async function bind(id: number, address: Address): Promise<Extract<Answer, { kind: 'opened' }>> {
    running ??= start();
    const answer = await ask(running, { kind: 'open', id, ...address, receiveBufferBytes });
    if (answer.kind === 'opened') return answer;
    throw Object.assign(new Error(), answer.kind === 'failed' && answer.error);
  }

  return {
    async open(host, port) {
      const id = ++lastId;
      const opened = await bind(id, { host, port });
      open.set(id, { host, port: opened.port });
      return {
        host,
        port: opened.port,
        receiveBufferBytes: opened.receiveBufferBytes,
        async close() {
          // If the thread dies now, the socket is closed as well.
          if (open.delete(id) && running) await ask(running, { kind: 'close', id }).catch(() => undefined);
        },
      };
    },
    async stop() {
      open.clear();
      // If it dies now, `onEnd` says so.
      if (running) await ask(running, { kind: 'stop', id: ++lastId }).catch(() => undefined);
    },
    async end() {
      open.clear();
      const ending = running;
      running = undefined;
      await ending?.thread.end();
    },
  };
}
