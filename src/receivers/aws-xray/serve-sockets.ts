// Part of receivers/aws-xray: the UDP sockets, served in whatever thread this runs in.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../model/clock.ts';
import { giveBack } from '../../model/read-memory.ts';
import type { Blocks } from './blocks.ts';
import { createGatherer } from './gather.ts';
import type { FromSockets, SocketFailure, ToSockets } from './messages.ts';
import { createNap, isRoomy } from './nap.ts';
import { openUdpSocket, type UdpSocket } from './udp.ts';

/** What a MessagePort has of use here. */
export interface Port {
  postMessage(message: FromSockets): void;
  on(event: 'message', listener: (message: ToSockets) => void): unknown;
}

/** A full buffer of 8 MiB takes 30 ms to read; a sender that never pauses is not waited for. */
const READ_REST_MS = 200;

/**
 * `sleep`: where this thread may stand still, for so many milliseconds. Returns what closes the sockets at once, for when nobody asks any
 * more.
 */
export function serveSockets(
  port: Port,
  blocks: Blocks,
  sleep?: (milliseconds: number) => void,
): () => Promise<void> {
  const sockets = new Map<number, UdpSocket>();
  let isStopping = false;
  const mayNap = () => !isStopping && [...sockets.values()].every(isRoomy);
  const noteRead = sleep && createNap(mayNap, sleep);
  let datagrams = 0;
  const post = (message: FromSockets) => port.postMessage(message);
  const gatherer = createGatherer(blocks, systemClock, (batch) => post({ kind: 'batch', batch }));

  async function open({ id, ...where }: Extract<ToSockets, { kind: 'open' }>): Promise<void> {
    try {
      const socket = await openUdpSocket({
        ...where,
        onMessage(message, remote) {
          datagrams += 1;
          noteRead?.();
          gatherer.add(message, remote.address);
          giveBack(message);
        },
        onError: ({ message }) => post({ kind: 'error', message }),
      });
      sockets.set(id, socket);
      const { port: bound, receiveBufferBytes } = socket;
      post({ kind: 'opened', id, port: bound, receiveBufferBytes });
    } catch (error) {
      post({ kind: 'failed', id, error: failureOf(error) });
    }
  }

  async function close(id: number): Promise<void> {
    const socket = sockets.get(id);
    sockets.delete(id);
    await socket?.close();
    post({ kind: 'closed', id });
  }

  async function closeAll(): Promise<void> {
    const closing = [...sockets.values()];
    sockets.clear();
    await Promise.all(closing.map((socket) => socket.close()));
  }

  /** What the kernel holds already was sent before we stopped: read it before the sockets go. */
  async function readRest(): Promise<void> {
    const untilMs = performance.now() + READ_REST_MS;
    for (let before = -1; before !== datagrams && performance.now() < untilMs; ) {
      before = datagrams;
      // The first turn may have passed its poll phase; the second one has not.
      await nextTurn();
      await nextTurn();
    }
  }

  async function stop(id: number): Promise<void> {
    isStopping = true;
    if (sockets.size > 0) await readRest();
    await closeAll();
    isStopping = false;
    gatherer.flush();
    post({ kind: 'stopped', id });
  }

  port.on('message', (message) => {
    if (message.kind === 'open') void open(message);
    else if (message.kind === 'close') void close(message.id);
    else void stop(message.id);
  });
  return closeAll;
}

function failureOf(error: unknown): SocketFailure {
  const { message, code, address } = error as NodeJS.ErrnoException & { address?: string };
  return { message, code, address };
}
