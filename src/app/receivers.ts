// Part of app: the two receivers, each with the options that are its own.
import type { Intake } from '../intake/intake.ts';
import type { BufferPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import { createXRayReceiver, socketsInWorker } from '../receivers/aws-xray/index.ts';
import { createOtlpReceiver, type OtlpReceiverOptions } from '../receivers/otlp/index.ts';
import type { Sampling } from '../sampling/index.ts';
import type { LogLine } from '../telemetry/logger.ts';
import type { AppConfig } from './options.ts';
import type { Tls } from './tls.ts';
import { workerFile } from './workers.ts';

export interface ReceiverParts {
  config: AppConfig;
  intake: Intake;
  sampling: Sampling;
  /** Learns the keys that apps send; undefined where sidecast has its own. */
  keyRefOf: OtlpReceiverOptions['keyRefOf'];
  onPoll(peer: string): void;
  /** Undefined where the start fails without it. */
  onNoTcp: ((error: Error) => void) | undefined;
  tls: Tls;
  log: LogLine;
  clock: Clock;
  pool: BufferPool;
}

export function buildReceivers({
  config,
  sampling,
  keyRefOf,
  onPoll,
  onNoTcp,
  tls,
  ...shared
}: ReceiverParts) {
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
    tls: tls.of('otlp'),
    ...(ingestToken ? { ingestToken } : {}),
    ...(keyRefOf ? { keyRefOf } : {}),
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
    onPoll,
  });
  return { otlp, xray };
}
