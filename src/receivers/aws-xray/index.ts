// Part of receivers/aws-xray: X-Ray segments over UDP and the sampling API over TCP, on one port.
import type { RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Intake } from '../../intake/intake.ts';
import type { BufferPool } from '../../model/buffer-pool.ts';
import { type Clock, systemClock } from '../../model/clock.ts';
import type { Component } from '../../model/component.ts';
import { parseDatagram } from '../../protocols/xray/datagram.ts';
import type { LogLine } from '../../telemetry/logger.ts';
import { createGatherer } from './gather.ts';
import { readKernelDrops } from './kernel-drops.ts';
import { closeListeners, type Listeners, listen } from './listen.ts';
import { createMalformedCounter } from './malformed.ts';
import { createSamplingApi } from './sampling-api.ts';
import { openUdpSocket } from './udp.ts';

export interface XRayReceiverOptions {
  hosts: readonly string[];
  /** 0 picks a free one, the same for UDP and TCP on every host. */
  port: number;
  /** 0 leaves the kernel's default. */
  receiveBufferBytes: number;
  intake: Intake;
  log: LogLine;
  clock?: Clock;
  /** Records come from here; the journal gives them back when everybody has settled them. */
  pool?: BufferPool;
}

export interface XRayReceiver extends Component {
  /** `127.0.0.1:2000`, `[::1]:2000`; empty before start. */
  addresses(): { udp: string[]; tcp: string[] };
  /** `kernelDrops`: null where the kernel does not tell. `receiveBufferBytes`: the smallest of the sockets' real sizes. */
  status(): Promise<{ kernelDrops: number | null; receiveBufferBytes: number }>;
}

const NOTHING: Listeners = { udp: [], tcp: [] };

export function createXRayReceiver(options: XRayReceiverOptions): XRayReceiver {
  const { hosts, port, receiveBufferBytes, intake, log, clock = systemClock } = options;
  const onFailure = (error: unknown) =>
    log('error', 'internal_error', 'X-Ray documents could not be handed over', { error: String(error) });
  const gatherer = createGatherer(intake, clock, onFailure, options.pool);
  const countMalformed = createMalformedCounter(intake, log, clock);
  let listeners = NOTHING;
  let datagrams = 0;

  function onMessage(message: Buffer, remote: RemoteInfo): void {
    datagrams++;
    const datagram = parseDatagram(message);
    if (datagram.ok) gatherer.add(datagram.document, remote.address);
    else if (datagram.code !== 'empty') countMalformed(datagram.code, remote.address);
  }

  function onError(error: Error): void {
    log('warn', 'udp_error', 'The X-Ray UDP socket reports an error', { error: error.message });
  }

  /** What the kernel holds already was sent before we stopped: read it before the socket goes. */
  async function readRest(deadline: AbortSignal): Promise<void> {
    for (let before = -1; before !== datagrams && !deadline.aborted; ) {
      before = datagrams;
      // The first turn may have passed its poll phase; the second one has not.
      await nextTurn();
      await nextTurn();
    }
  }

  return {
    async start() {
      let isStarting = true;
      listeners = await listen({
        hosts,
        port,
        log,
        openUdp: (host, chosen) =>
          openUdpSocket({
            host,
            port: chosen,
            receiveBufferBytes,
            onMessage,
            // Until then a failure is the rejection of start.
            onError: (error) => isStarting || onError(error),
          }),
        createApi: () => createSamplingApi(clock),
      });
      isStarting = false;
    },
    async shutdown(deadline) {
      if (listeners.udp.length > 0) await readRest(deadline);
      const closing = listeners;
      listeners = NOTHING;
      await Promise.all([closeListeners(closing), untilAborted(gatherer.flush(), deadline)]);
    },
    addresses: () => ({ udp: listeners.udp.map(printAddress), tcp: listeners.tcp.map(printAddress) }),
    async status() {
      const sizes = listeners.udp.map((socket) => socket.receiveBufferBytes);
      const drops = await readKernelDrops(listeners.udp);
      return { kernelDrops: drops, receiveBufferBytes: sizes.length === 0 ? 0 : Math.min(...sizes) };
    },
  };
}

function printAddress({ host, port }: { host: string; port: number }): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Resolves with the work or when the deadline aborts, whichever is first. */
async function untilAborted(work: Promise<void>, deadline: AbortSignal): Promise<void> {
  if (deadline.aborted) return;
  await Promise.race([
    work,
    new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve(), { once: true })),
  ]);
}
