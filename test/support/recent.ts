// Part of the tests: requests of spans made by hand, and a recent room that is told of them as intake and ledger would.
import { Ledger } from '../../src/ledger/ledger.ts';
import { noPool } from '../../src/model/buffer-pool.ts';
import type { Attributes, AttributeValue, Span } from '../../src/model/otlp.ts';
import { DESTINATION_IDS, type Origin, type Signal } from '../../src/model/signals.ts';
import { encodeTraces } from '../../src/protocols/otlp/encode.ts';
import { jsonToProtobuf } from '../../src/protocols/otlp/json.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { frameDocuments, summarizeDocuments } from '../../src/protocols/xray/datagram.ts';
import { createRecent, type Recent } from '../../src/recent/recent.ts';
import { ManualClock } from './records.ts';

export interface MadeSpan {
  trace: number;
  span: number;
  parent?: number;
  name?: string;
  kind?: number;
  startMs?: number;
  durationMs?: number;
  isError?: boolean;
  attributes?: Record<string, AttributeValue>;
  events?: Span['events'];
}

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');
/** Its last bytes look random, as those of SDKs are. */
export const traceId = (number: number) =>
  `${hex(1, 16)}${hex(Math.imul(number + 1, 0x9e3779b1) >>> 0, 8)}${hex(number, 8)}`;
export const spanId = (number: number) => hex(number + 1, 16);
const mapOf = (object: Record<string, AttributeValue> = {}): Attributes => new Map(Object.entries(object));

export const NOW_MS = 1_800_000_000_000;

export function spansRequest(spans: readonly MadeSpan[], service = 'backend-flask'): Uint8Array {
  const made = spans.map((one): Span => {
    const start = BigInt(Math.round((one.startMs ?? NOW_MS) * 1e6));
    return {
      traceId: traceId(one.trace),
      spanId: spanId(one.span),
      parentSpanId: one.parent === undefined ? '' : spanId(one.parent),
      traceState: '',
      flags: 0,
      name: one.name ?? 'GET /api/activities/home',
      kind: one.kind ?? (one.parent === undefined ? 2 : 1),
      startTimeUnixNano: start,
      endTimeUnixNano: start + BigInt(Math.round((one.durationMs ?? 10) * 1e6)),
      attributes: mapOf(one.attributes),
      events: one.events ?? [],
      links: [],
      status: { code: one.isError ? 2 : 0, message: one.isError ? 'boom' : '' },
    };
  });
  const resource = { attributes: mapOf({ 'service.name': service }) };
  return encodeTraces([
    { resource, scope: { name: 'test', version: '1', attributes: new Map() }, spans: made },
  ]);
}

export interface TestRecent {
  recent: Recent;
  ledger: Ledger;
  clock: ManualClock;
  /** As intake: the record is accepted everywhere. Returns its position. */
  spans(spans: readonly MadeSpan[], service?: string): Promise<number>;
  /** A dead letter of Honeycomb, sent again. */
  replayed(spans: readonly MadeSpan[]): Promise<number>;
  logs(records: readonly object[]): Promise<number>;
  documents(documents: readonly object[]): Promise<number>;
  errors: Error[];
}

export function testRecent(maxBytes = 4 * 1024 * 1024): TestRecent {
  const ledger = new Ledger();
  const clock = new ManualClock(NOW_MS);
  for (const id of DESTINATION_IDS) ledger.open(id, NOW_MS);
  const errors: Error[] = [];
  const recent = createRecent({
    maxBytes,
    ledger,
    destinations: DESTINATION_IDS,
    clock,
    pool: noPool,
    onError: (error) => void errors.push(error),
  });
  let next = 0;
  const take = async (signal: Signal, payload: Uint8Array, origin: Partial<Origin> = {}) => {
    const position = next++;
    const summary =
      signal === 'segments' ? summarizeDocuments(Buffer.from(payload)) : scan(signal, payload).summary;
    const accepted = { signal, receivedAtMs: clock.now(), payload, summary, origin: { peer: '', ...origin } };
    recent.appended(accepted, position);
    for (const id of DESTINATION_IDS) ledger.accept(id, summary.items);
    await recent.settled();
    return position;
  };
  return {
    recent,
    ledger,
    clock,
    errors,
    replayed: (spans) => take('traces', spansRequest(spans), { only: 'honeycomb', replayOf: '0:0@x' }),
    spans: (spans, service) => take('traces', spansRequest(spans, service)),
    logs: (logRecords) =>
      take(
        'logs',
        jsonToProtobuf('logs', JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })),
      ),
    documents: (documents) =>
      take('segments', frameDocuments(documents.map((one) => Buffer.from(JSON.stringify(one))))),
  };
}
