// Part of receivers/aws-xray: X-Ray segments over UDP and the sampling API over TCP, on one port.
import { isIPv6 } from 'node:net';
import type { BindAddress } from '../../config/option.ts';
import type { Intake } from '../../intake/intake.ts';
import { type BufferPool, noPool } from '../../model/buffer-pool.ts';
import { type Clock, systemClock } from '../../model/clock.ts';
import type { Component } from '../../model/component.ts';
import { createSampling } from '../../sampling/index.ts';
import type { LogLine } from '../../telemetry/logger.ts';
import type { Blocks } from './blocks.ts';
import { createHandIn } from './hand-in.ts';
import { readKernelDrops } from './kernel-drops.ts';
import { closeListeners, type Listeners, listen } from './listen.ts';
import type { Batch } from './messages.ts';
import { createRefusedLog } from './refused-log.ts';
import { createSamplingApi, type SamplingAnswers } from './sampling-api.ts';
import { createSockets } from './sockets.ts';
import { type SpawnSockets, socketsHere } from './thread.ts';

export { socketsInWorker } from './thread.ts';

export interface XRayReceiverOptions {
  hosts: readonly string[];
  /** 0 picks a free one, the same for UDP and TCP on every host. */
  port: number;
  /** Instead of hosts and port. */
  udp?: BindAddress | undefined;
  tcp?: BindAddress | undefined;
  /** The sampling API could not listen, datagrams are taken all the same; without it, that fails the start. */
  onNoTcp?: ((error: Error) => void) | undefined;
  /** 0 leaves the kernel's default. */
  receiveBufferBytes: number;
  intake: Intake;
  /** What the SDKs are told; without it, X-Ray's Default rule. */
  sampling?: SamplingAnswers;
  /** An SDK asked for sampling rules or quotas. */
  onPoll?(peer: string): void;
  log: LogLine;
  clock?: Clock;
  /** Records come from here; the journal gives them back when everybody has settled them. */
  pool?: BufferPool;
  /** Where the UDP sockets are served; without it, in this thread. */
  spawnSockets?: SpawnSockets;
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
  const { sampling = createSampling({ clock, random: Math.random, log }) } = options;
  const logRefused = createRefusedLog(log, clock);
  const handIn = createHandIn(intake, options.pool ?? noPool, { onRefused: logRefused, onFailure });
  const sockets = createSockets({
    spawn: options.spawnSockets ?? socketsHere,
    receiveBufferBytes,
    clock,
    onBatch,
    onError,
    onEnd,
  });
  let listeners = NOTHING;
  let isStarting = false;

  async function stopSockets(): Promise<void> {
    await sockets.stop();
    await handIn.settled();
  }

  function onBatch(batch: Batch, blocks: Blocks): void {
    for (const refused of batch.refused) {
      intake.refuse('aws-xray', refused.code, refused.datagrams);
      logRefused(refused);
    }
    void handIn.take(batch, blocks);
  }

  function onFailure(error: unknown): void {
    log('error', 'internal_error', 'X-Ray documents could not be handed over', { error: String(error) });
  }

  function onError(error: Error): void {
    // Until the start is over, a failure is its rejection.
    if (!isStarting)
      log('warn', 'udp_error', 'The X-Ray UDP socket reports an error', { error: error.message });
  }

  function onEnd(lost: number, error: Error | undefined): void {
    if (lost > 0) intake.refuse('aws-xray', 'internal', lost);
    if (error && !isStarting) {
      const text = 'X-Ray datagrams are lost: the thread of the UDP socket died; another one takes its place';
      log('error', 'udp_error', text, { datagrams: lost, error: error.message });
    } else if (lost > 0) {
      const text = 'X-Ray datagrams are lost: there was no time left to hand them over';
      log('error', 'udp_error', text, { datagrams: lost });
    }
  }

  return {
    async start() {
      isStarting = true;
      try {
        listeners = await listen({
          udp: options.udp ?? { hosts, port },
          tcp: options.tcp ?? (options.udp && { hosts, port }),
          onNoTcp: options.onNoTcp,
          log,
          openUdp: sockets.open,
          createApi: () => createSamplingApi(sampling, options.onPoll),
        });
      } catch (error) {
        await sockets.end();
        throw error;
      } finally {
        isStarting = false;
      }
    },
    async shutdown(deadline) {
      const closing = listeners;
      listeners = NOTHING;
      await untilAborted(stopSockets(), deadline);
      await sockets.end();
      await closeListeners(closing);
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
