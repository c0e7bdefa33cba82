// Part of app/doctor: a real trace, through the OTLP port like any other, and what became of it at each destination.
import { randomBytes } from 'node:crypto';
import type { HttpClient } from '../../http/client.ts';
import type { Ledger, Outcome } from '../../ledger/ledger.ts';
import type { Clock } from '../../model/clock.ts';
import { SpanKind } from '../../model/otlp.ts';
import type { ReasonCode } from '../../model/reasons.ts';
import type { DestinationId, Position } from '../../model/signals.ts';
import { encodeTraces } from '../../protocols/otlp/encode.ts';
import type { WatchedIntake } from './watched-intake.ts';

export interface TestTraceOptions {
  watched: WatchedIntake;
  ledger: Ledger;
  http: HttpClient;
  clock: Clock;
  version: string;
  otlpUrl: URL;
  token: string | undefined;
}

export interface Arrival {
  outcome: Outcome;
  code: ReasonCode | undefined;
  afterMs: number;
}

export interface TestTrace {
  traceId: string;
  startUnixMs: number;
  endUnixMs: number;
  /** Absent for a destination where it still waits. */
  arrivals: ReadonlyMap<DestinationId, Arrival>;
}

const SERVICE = 'sidecast-doctor';
const POST_TIMEOUT_MS = 5_000;
const DURATION_MS = 12;

/** Resolves when it has an outcome at all of `destinations`, or after `waitMs`. Throws an Error that says what the port answered. */
export async function sendTestTrace(
  options: TestTraceOptions,
  destinations: readonly DestinationId[],
  waitMs: number,
): Promise<TestTrace> {
  const { watched, ledger, clock } = options;
  const traceId = makeTraceId(clock.now());
  const sentAtMs = clock.now();
  const arrivals = new Map<DestinationId, Arrival>();
  let position: Position | undefined;
  let wake: () => void = () => undefined;
  const isOver = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const hasAll = () => destinations.every((id) => arrivals.has(id));
  const forget = watched.expect(traceId, (at) => {
    position = at;
  });
  // It is one span, and so one item: its first outcome is its only one.
  const unsubscribe = ledger.subscribe((event) => {
    if (event.kind !== 'settled' || position === undefined || event.position !== position) return;
    const { destination, outcome, code } = event;
    arrivals.set(destination, { outcome, code, afterMs: clock.now() - sentAtMs });
    if (hasAll()) wake();
  });
  const cancel = clock.schedule(waitMs, wake);
  try {
    await post(options, traceId, sentAtMs);
    if (!hasAll()) await isOver;
  } finally {
    cancel();
    forget();
    unsubscribe();
  }
  return { traceId, startUnixMs: sentAtMs - DURATION_MS, endUnixMs: sentAtMs, arrivals };
}

/** X-Ray reads the time out of the first eight digits. */
function makeTraceId(nowMs: number): string {
  return (
    Math.floor(nowMs / 1000)
      .toString(16)
      .padStart(8, '0') + randomBytes(12).toString('hex')
  );
}

async function post(
  { http, otlpUrl, token, version }: TestTraceOptions,
  traceId: string,
  endUnixMs: number,
): Promise<void> {
  const answer = await http.request({
    method: 'POST',
    url: new URL('/v1/traces', otlpUrl),
    headers: {
      'content-type': 'application/x-protobuf',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: bodyOf(traceId, endUnixMs, version),
    timeoutMs: POST_TIMEOUT_MS,
  });
  if (answer.status !== 200) throw new Error(`the OTLP port answered ${answer.status}`);
}

/** A request of a server, with an exception: each destination has a use for it. */
function bodyOf(traceId: string, endUnixMs: number, version: string): Uint8Array {
  const nano = (ms: number) => BigInt(Math.round(ms)) * 1_000_000n;
  const exception = new Map([
    ['exception.type', 'SidecastTest'],
    ['exception.message', 'sidecast doctor sent this to see that it arrives; nothing is wrong'],
  ]);
  return encodeTraces([
    {
      resource: { attributes: new Map([['service.name', SERVICE]]) },
      scope: { name: SERVICE, version, attributes: new Map() },
      spans: [
        {
          traceId,
          spanId: randomBytes(8).toString('hex'),
          parentSpanId: '',
          traceState: '',
          flags: 1,
          name: 'GET /sidecast-doctor',
          kind: SpanKind.SERVER,
          startTimeUnixNano: nano(endUnixMs - DURATION_MS),
          endTimeUnixNano: nano(endUnixMs),
          attributes: new Map<string, string | number>([
            ['http.request.method', 'GET'],
            ['url.path', '/sidecast-doctor'],
            ['http.route', '/sidecast-doctor'],
            ['http.response.status_code', 200],
          ]),
          events: [{ timeUnixNano: nano(endUnixMs), name: 'exception', attributes: exception }],
          links: [],
          status: { code: 0, message: '' },
        },
      ],
    },
  ]);
}
