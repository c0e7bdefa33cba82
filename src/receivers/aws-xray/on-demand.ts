// Part of receivers/aws-xray: the UDP sockets are served in the main thread until somebody sends; then a thread of their own takes over.
import { platform } from 'node:os';
import { versions } from 'node:process';
import type { Blocks } from './blocks.ts';
import type { FromSockets, ToSockets } from './messages.ts';
import { type SocketThread, type SpawnSockets, socketsHere } from './thread.ts';

type Listener = Parameters<SocketThread['onMessage']>[0];
type Open = Extract<ToSockets, { kind: 'open' }>;

/** A Node with `reusePort` (23.1 and later), on a kernel that gives all to the other socket once one has a peer. */
const CAN_SHARE_PORTS = platform() === 'linux' && Number(versions.node.split('.')[0]) >= 24;

/** The thread's 10 MB are spent when the first datagram comes. Where ports cannot be shared, it is there from the start. */
export function socketsOnDemand(spawn: SpawnSockets): SpawnSockets {
  return CAN_SHARE_PORTS ? () => new OnDemand(spawn) : spawn;
}

/** Ids of questions of our own: the ones that are passed on count up from 1. */
const LEAVE = -1;
const STOP = -2;

class OnDemand implements SocketThread {
  readonly #spawn: SpawnSockets;
  readonly #here: SocketThread;
  /** What is open, with the port that it got. */
  readonly #open = new Map<number, Open>();
  /** Questions that the main thread has not answered yet. */
  readonly #unanswered = new Set<number>();
  /** While the other thread takes over, nothing is opened or closed. */
  readonly #waiting: ToSockets[] = [];
  readonly #asked = new Map<number, { resolve(): void; reject(error: Error): void }>();
  #server: SocketThread;
  #next: SocketThread | undefined;
  #hereEnded: Promise<void> | undefined;
  #state: 'here' | 'moving' | 'leaving' | 'moved' | 'staying' | 'over' = 'here';
  #listener: Listener = () => undefined;
  #onEnd: (error: Error | undefined) => void = () => undefined;

  constructor(spawn: SpawnSockets) {
    this.#spawn = spawn;
    this.#here = socketsHere();
    this.#server = this.#here;
    this.#here.onMessage((message) => this.#fromHere(message));
    this.#here.onEnd((error) => this.#server === this.#here && this.#over(error));
  }

  get blocks(): Blocks {
    return this.#server.blocks;
  }

  post(message: ToSockets): void {
    if (this.#state === 'moving' || this.#state === 'leaving') this.#waiting.push(message);
    else if (this.#server !== this.#here) this.#server.post(message);
    else {
      this.#unanswered.add(message.id);
      if (message.kind === 'open') this.#open.set(message.id, message);
      if (message.kind === 'close') this.#open.delete(message.id);
      if (message.kind === 'stop') this.#open.clear();
      this.#here.post(message.kind === 'open' ? { ...message, sharing: 'first' } : message);
    }
  }

  onMessage(listener: Listener): void {
    this.#listener = listener;
  }

  onEnd(listener: (error: Error | undefined) => void): void {
    this.#onEnd = listener;
  }

  async end(): Promise<void> {
    await Promise.all([this.#endHere(), this.#next?.end()]);
  }

  #fromHere(message: FromSockets): void {
    if (this.#isAnswered(message)) return;
    if ('id' in message) this.#unanswered.delete(message.id);
    if (message.kind === 'opened') this.#remember(message.id, message.port);
    if (message.kind === 'failed') this.#open.delete(message.id);
    this.#listener(message, this.#here.blocks);
    const isQuiet = this.#unanswered.size === 0 && this.#open.size > 0;
    if (message.kind === 'batch' && this.#state === 'here' && isQuiet) void this.#move();
  }

  #remember(id: number, port: number): void {
    const open = this.#open.get(id);
    if (open) this.#open.set(id, { ...open, port });
  }

  /** The other thread listens beside this one, then this one leaves: at no time nobody has the ports. */
  async #move(): Promise<void> {
    this.#state = 'moving';
    const next = this.#spawn();
    this.#next = next;
    next.onMessage((message, blocks) => this.#isAnswered(message) || this.#listener(message, blocks));
    next.onEnd((error) => this.#hasEnded(next, error));
    try {
      for (const open of this.#open.values()) await this.#ask(next, { ...open, sharing: 'next' });
      this.#state = 'leaving';
      await this.#ask(this.#here, { kind: 'leave', id: LEAVE });
      await this.#ask(this.#here, { kind: 'stop', id: STOP });
      this.#server = next;
      this.#state = 'moved';
      await this.#endHere();
    } catch (error) {
      await next.end();
      await this.#stay(error as Error);
    }
    for (const message of this.#waiting.splice(0)) this.post(message);
  }

  /** For good, if the sockets here still hear; else all of it has to start again. */
  async #stay(error: Error): Promise<void> {
    if (this.#state === 'moving') {
      this.#state = 'staying';
      const message = `no thread of its own for it: ${error.message}`;
      this.#listener({ kind: 'error', message }, this.blocks);
    } else {
      await this.#endHere();
      this.#over(error);
    }
  }

  #endHere(): Promise<void> {
    this.#hereEnded ??= this.#here.end();
    return this.#hereEnded;
  }

  #ask(thread: SocketThread, question: ToSockets): Promise<void> {
    const answered = new Promise<void>((resolve, reject) =>
      this.#asked.set(question.id, { resolve, reject }),
    );
    thread.post(question);
    return answered;
  }

  #isAnswered(message: FromSockets): boolean {
    const asked = 'id' in message ? this.#asked.get(message.id) : undefined;
    if (!asked || !('id' in message)) return false;
    this.#asked.delete(message.id);
    if (message.kind === 'left') this.#listener(message, this.blocks);
    if (message.kind === 'failed') asked.reject(new Error(message.error.message));
    else asked.resolve();
    return true;
  }

  #hasEnded(next: SocketThread, error = new Error('its thread ended without a reason')): void {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
    if (this.#server === next) this.#over(error);
  }

  #over(error: Error | undefined): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#onEnd(error);
  }
}
