// Part of the tests: the main thread's side of the UDP sockets, with a thread that says what the test wants.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Blocks, createBlocks } from '../../../src/receivers/aws-xray/blocks.ts';
import type { FromSockets, ToSockets } from '../../../src/receivers/aws-xray/messages.ts';
import { createSockets, type Sockets } from '../../../src/receivers/aws-xray/sockets.ts';
import type { SocketThread } from '../../../src/receivers/aws-xray/thread.ts';
import { ManualClock } from '../../support/records.ts';

class FakeThread implements SocketThread {
  readonly blocks: Blocks = createBlocks();
  readonly posted: ToSockets[] = [];
  isEnded = false;
  answers = true;
  say: (message: FromSockets) => void = () => {};
  die: (error?: Error) => void = () => {};

  post(message: ToSockets): void {
    this.posted.push(message);
    if (!this.answers) return;
    const { id } = message;
    if (message.kind === 'open')
      this.say({ kind: 'opened', id, port: message.port || 2000, receiveBufferBytes: 212_992 });
    else this.say({ kind: message.kind === 'stop' ? 'stopped' : 'closed', id });
  }
  onMessage(listener: (message: FromSockets) => void): void {
    this.say = (message) => queueMicrotask(() => listener(message));
  }
  onEnd(listener: (error: Error | undefined) => void): void {
    this.die = listener;
  }
  async end(): Promise<void> {
    this.isEnded = true;
    this.die();
  }
}

let clock: ManualClock;
let threads: FakeThread[];
let errors: string[];
let ends: [lost: number, error: string | undefined][];
let sockets: Sockets;
/** Changes the next thread before it is used. */
let prepare: (thread: FakeThread) => void;

beforeEach(() => {
  clock = new ManualClock();
  threads = [];
  errors = [];
  ends = [];
  prepare = () => {};
  sockets = createSockets({
    spawn() {
      const thread = new FakeThread();
      prepare(thread);
      threads.push(thread);
      return thread;
    },
    receiveBufferBytes: 0,
    clock,
    onBatch: () => {},
    onError: ({ message }) => errors.push(message),
    onEnd: (lost, error) => ends.push([lost, error?.message]),
  });
});

const opensOf = (thread: FakeThread | undefined) =>
  thread?.posted.flatMap((message) => (message.kind === 'open' ? [`${message.host}:${message.port}`] : []));
const turn = () => new Promise(setImmediate);

describe('a thread that dies', () => {
  it('takes what it had in hand along, to the datagram, and is replaced by one that opens the same ports', async () => {
    await sockets.open('127.0.0.1', 0);
    await sockets.open('::1', 2000);
    clock.advance(60_000);
    if (threads[0]) threads[0].blocks.inHand = 3;

    threads[0]?.die(new Error('out of memory'));

    expect(ends).toEqual([[3, 'out of memory']]);
    clock.advance(0);
    expect(opensOf(threads[1])).toEqual(['127.0.0.1:2000', '::1:2000']);
    await turn();
    expect(errors).toEqual([]);
  });

  it('as soon as it was born is replaced after a pause, not in a busy loop', async () => {
    await sockets.open('127.0.0.1', 0);
    threads[0]?.die(new Error('bug'));
    clock.advance(999);
    expect(threads).toHaveLength(1);
    clock.advance(1);
    expect(opensOf(threads[1])).toEqual(['127.0.0.1:2000']);
    threads[1]?.die(new Error('bug'));
    clock.advance(1000);
    await turn();
    expect(opensOf(threads[2])).toEqual(['127.0.0.1:2000']);
    expect(ends).toHaveLength(2);
  });

  it('fails the opening of a socket that waits for it, and is not replaced when none was open', async () => {
    prepare = (thread) => {
      thread.answers = false;
    };
    const opening = sockets.open('127.0.0.1', 0);
    threads[0]?.die(new Error('no such file'));
    await expect(opening).rejects.toThrow('no such file');
    clock.advance(10_000);
    expect(threads).toHaveLength(1);
  });

  it('while it stops is told and not waited for', async () => {
    await sockets.open('127.0.0.1', 0);
    if (threads[0]) threads[0].answers = false;
    const stopped = sockets.stop();
    if (threads[0]) threads[0].blocks.inHand = 2;
    threads[0]?.die(new Error('bug'));
    await stopped;
    expect(ends).toEqual([[2, 'bug']]);
    clock.advance(10_000);
    expect(threads).toHaveLength(1);
  });
});

describe('a port that cannot be opened again', () => {
  it('is tried every second, and each failure is told', async () => {
    await sockets.open('127.0.0.1', 0);
    clock.advance(60_000);
    prepare = (thread) => {
      thread.answers = false;
    };
    threads[0]?.die(new Error('bug'));
    clock.advance(0);
    const second = threads[1]!;
    for (const tries of [1, 2]) {
      expect(opensOf(second)).toHaveLength(tries);
      const error = { message: 'bind EADDRINUSE', code: 'EADDRINUSE', address: '127.0.0.1' };
      second.say({ kind: 'failed', id: second.posted.at(-1)!.id, error });
      await turn();
      expect(errors).toHaveLength(tries);
      clock.advance(1000);
    }
    second.say({ kind: 'opened', id: second.posted.at(-1)!.id, port: 2000, receiveBufferBytes: 1 });
    await turn();
    clock.advance(10_000);
    expect(opensOf(second)).toHaveLength(3);
  });

  it('is not tried after the end', async () => {
    await sockets.open('127.0.0.1', 0);
    threads[0]?.die(new Error('bug'));
    await sockets.end();
    clock.advance(10_000);
    expect(threads).toHaveLength(1);
  });
});

describe('the end', () => {
  it('counts what a thread had in hand that was not given the time to stop', async () => {
    await sockets.open('127.0.0.1', 0);
    if (threads[0]) threads[0].blocks.inHand = 5;
    await sockets.end();
    await sockets.end();
    expect(threads[0]?.isEnded).toBe(true);
    expect(ends).toEqual([[5, undefined]]);
  });

  it('is followed by another thread when a socket is opened again, and the old one disturbs it no more', async () => {
    prepare = (thread) => {
      thread.end = async () => {};
    };
    await sockets.open('127.0.0.1', 2000);
    await sockets.end();
    const opening = sockets.open('127.0.0.1', 2000);
    threads[0]?.die();
    await expect(opening).resolves.toMatchObject({ port: 2000 });
    expect(threads).toHaveLength(2);
  });
});

describe('an error', () => {
  it('keeps its code and address on its way from the thread', async () => {
    prepare = (thread) => {
      thread.answers = false;
    };
    const opening = sockets.open('192.0.2.1', 2000);
    const error = { message: 'bind EADDRNOTAVAIL', code: 'EADDRNOTAVAIL', address: '192.0.2.1' };
    threads[0]?.say({ kind: 'failed', id: threads[0].posted[0]!.id, error });
    await expect(opening).rejects.toMatchObject(error);
  });
});
