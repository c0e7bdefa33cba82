// Part of the sandbox: traffic like that of the reference Flask backend, sent as its SDKs send it. For demo, tests and benchmarks.
import { createSocket } from 'node:dgram';
import http from 'node:http';
import { type Clock, type Random, systemClock } from '../../model/clock.ts';
import { encodeLogs, encodeSpans, logsOf, spansOf } from './otlp.ts';
import { OtlpOutbox } from './otlp-outbox.ts';
import { type BackendRequest, makeRequest } from './requests.ts';
import { datagramOf } from './segments.ts';

export interface TrafficOptions {
  /** Base URL; `/v1/traces` and `/v1/logs` are appended. */
  otlpUrl: string;
  xrayHost: string;
  xrayPort: number;
  requestsPerSecond: number;
  /** Sent with every OTLP request, as OTEL_EXPORTER_OTLP_HEADERS would. */
  headers?: Readonly<Record<string, string>>;
  random?: Random;
  clock?: Clock;
  /** After an answer of 2xx (spans, logs), or once the datagram has been handed over (segments). */
  onSent?: (signal: TrafficSignal, ids: readonly string[]) => void;
}

export type TrafficSignal = 'spans' | 'logs' | 'segments';

export interface TrafficSummary {
  /** Requests that the backend handled. */
  requests: number;
  /** Requests that ended in an exception. Each is told by two spans, a log record and a segment. */
  exceptions: number;
  /** Spans and log records that were answered with success; segments that were sent. */
  spans: number;
  logs: number;
  segments: number;
  /** Spans and log records that the SDK gave up. */
  dropped: number;
  /** As the sandbox's audit knows them; the last 100,000 of each. */
  ids: Readonly<Record<TrafficSignal, readonly string[]>>;
}

export interface Traffic {
  summary(): TrafficSummary;
  /** Ends the requests, then resolves when everything is sent or given up (at most about 20 s later). */
  stop(): Promise<TrafficSummary>;
}

const TICK_MS = 50;
const EXPORT_INTERVAL_MS = 1000;
/** Then what still waits for a retry is given up. */
const STOP_TIMEOUT_MS = 10_000;
const MAX_IDS = 100_000;

export function startTraffic(options: TrafficOptions): Traffic {
  const { random = Math.random, clock = systemClock, requestsPerSecond } = options;
  const agent = new http.Agent({ keepAlive: true });
  const socket = createSocket(options.xrayHost.includes(':') ? 'udp6' : 'udp4');
  // The SDK does not learn of a closed port either.
  socket.on('error', () => {});
  const counts = { requests: 0, exceptions: 0, spans: 0, logs: 0, segments: 0, dropped: 0 };
  const ids: Record<TrafficSignal, string[]> = { spans: [], logs: [], segments: [] };

  const sent = (signal: TrafficSignal) => (some: readonly string[]) => {
    counts[signal] += some.length;
    ids[signal].push(...some);
    if (ids[signal].length > 2 * MAX_IDS) ids[signal].splice(0, MAX_IDS);
    options.onSent?.(signal, some);
  };
  const urlOf = (signal: string) => new URL(`${options.otlpUrl.replace(/\/+$/, '')}/v1/${signal}`);
  const onDropped = (count: number) => {
    counts.dropped += count;
  };
  const common = { headers: options.headers ?? {}, agent, clock, random, onDropped };
  const spans = new OtlpOutbox({
    ...common,
    url: urlOf('traces'),
    encode: encodeSpans,
    onDelivered: sent('spans'),
  });
  const logs = new OtlpOutbox({
    ...common,
    url: urlOf('logs'),
    encode: encodeLogs,
    onDelivered: sent('logs'),
  });
  let datagramsInFlight = 0;

  function handle(request: BackendRequest): void {
    counts.requests += 1;
    if (request.route === 'boom') counts.exceptions += 1;
    spans.push(spansOf(request, random));
    logs.push(logsOf(request, random));
    datagramsInFlight += 1;
    socket.send(datagramOf(request, random), options.xrayPort, options.xrayHost, (error) => {
      datagramsInFlight -= 1;
      if (!error) sent('segments')([request.segmentId]);
    });
  }

  const startedAtMs = clock.now();
  let exportAtMs = startedAtMs + EXPORT_INTERVAL_MS;
  let giveUpAtMs = Number.POSITIVE_INFINITY;
  let onDrained: (() => void) | undefined;
  let cancel = () => {};

  /** The only timer: makes the requests that are due, exports once a second, and notices the end. */
  function tick(): void {
    const nowMs = clock.now();
    const stopping = onDrained !== undefined;
    const due = stopping
      ? 0
      : Math.floor(((nowMs - startedAtMs) / 1000) * requestsPerSecond) - counts.requests;
    for (let count = 0; count < due; count += 1) handle(makeRequest(random, nowMs - random() * TICK_MS));
    if (stopping || nowMs >= exportAtMs) {
      exportAtMs = nowMs + EXPORT_INTERVAL_MS;
      spans.poll();
      logs.poll();
    }
    if (nowMs >= giveUpAtMs) {
      spans.giveUp();
      logs.giveUp();
    }
    if (stopping && spans.isEmpty && logs.isEmpty && datagramsInFlight === 0) onDrained?.();
    else cancel = clock.schedule(TICK_MS, tick);
  }

  const summary = (): TrafficSummary => ({
    ...counts,
    ids: { spans: last(ids.spans), logs: last(ids.logs), segments: last(ids.segments) },
  });
  let stopped: Promise<TrafficSummary> | undefined;
  async function end(): Promise<TrafficSummary> {
    cancel();
    giveUpAtMs = clock.now() + STOP_TIMEOUT_MS;
    await new Promise<void>((resolve) => {
      onDrained = resolve;
      tick();
    });
    agent.destroy();
    socket.close();
    return summary();
  }

  tick();
  return {
    summary,
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}

const last = (ids: readonly string[]) => ids.slice(-MAX_IDS);
