// Part of app: the two receivers, each with the options that are its own.
import type { Intake } from '../intake/intake.ts';
import type { BufferPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import { createXRayReceiver, socketsInWorker } from '../receivers/aws-xray/index.ts';
import { createOtlpReceiver } from '../receivers/otlp/index.ts';
import type { Sampling } from '../sampling/index.ts';
import type { LogLine } from '../telemetry/logger.ts';
import type { AppConfig } from './options.ts';
import { workerFile } from './workers.ts';

export interface ReceiverParts {
  config: AppConfig;
  intake: Intake;
  sampling: Sampling;
  /** Undefined where the start fails without it. */
  onNoTcp: ((error: Error) => void) | undefined;
  log: LogLine;
  clock: Clock;
  pool: BufferPool;
}

export function buildReceivers({ config, sampling, onNoTcp, ...shared }: ReceiverParts) {
  const { hosts, otlpPort, xrayPort, xrayUdp, xrayTcp } = config.listeners;
  const { maxRequestBytes, corsOrigins = [], ingestToken } = config.otlpReceiver;
  const jsonWorker = workerFile('otlp-json');
  const otlp = createOtlpReceiver({
    ...shared,
    ...(jsonWorker && { jsonWorker }),
    hosts,
    port: otlpPort,
    maxRequestBytes,
    corsOrigins,
    ...(ingestToken ? { ingestToken } : {}),
  });
  const udpWorker = workerFile('xray-udp');
  const xray = createXRayReceiver({
    ...shared,
    ...(udpWorker && { spawnSockets: socketsInWorker(udpWorker) }),
    hosts,
    port: xrayPort,
    udp: xrayUdp,
    tcp: xrayTcp,
    onNoTcp,
    receiveBufferBytes: config.xrayReceiver.receiveBufferBytes,
    sampling,
  });
  return { otlp, xray };
}
