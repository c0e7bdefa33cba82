// Part of the tests: spans of which one is refused, and what the API says about the dead letters that come of it.
import type { DeadLetterList } from '../../src/admin/api/dead-letters.ts';
import type { ReplayLine } from '../../src/intake/replay/report.ts';
import { type Span, SpanKind } from '../../src/model/otlp.ts';
import { encodeTraces } from '../../src/protocols/otlp/encode.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { eventually, type TestApp } from './app.ts';

const NS_PER_MS = 1_000_000n;
const RESOURCE = { attributes: new Map([['service.name', 'backend-flask']]) };
const SCOPE = { name: 'letters', version: '', attributes: new Map() };

export interface SentSpans {
  /** As the sandbox's audit knows them at Honeycomb. */
  honeycomb: readonly string[];
  /** At X-Ray. */
  xray: readonly string[];
}

let lastTrace = 0;

/** One request of so many spans, of which only X-Ray and Honeycomb take any notice. */
export async function sendSpans(app: Pick<TestApp, 'otlpUrl'>, count: number): Promise<SentSpans> {
  lastTrace += 1;
  const { traceId, spans } = makeSpans(lastTrace, count);
  const answer = await fetch(`${app.otlpUrl}/v1/traces`, {
    method: 'POST',
    body: encodeTraces([{ resource: RESOURCE, scope: SCOPE, spans }]),
    headers: { 'content-type': 'application/x-protobuf' },
  });
  if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
  const xray = spans.map(({ spanId }) => spanId);
  return { honeycomb: xray.map((spanId) => `${traceId}:${spanId}`), xray };
}

/** The ids that `sendSpans` will use next, for a fault that has to be set before. */
export function nextSpans(count: number): SentSpans {
  const { traceId, spans } = makeSpans(lastTrace + 1, count);
  const xray = spans.map(({ spanId }) => spanId);
  return { honeycomb: xray.map((spanId) => `${traceId}:${spanId}`), xray };
}

function makeSpans(number: number, count: number): { traceId: string; spans: Span[] } {
  const nowMs = Date.now();
  const traceId = Math.floor(START_MS / 1000).toString(16) + number.toString(16).padStart(24, '0');
  const spans = Array.from({ length: count }, (_, index): Span => {
    const spanId = (number * 1000 + index).toString(16).padStart(16, 'c');
    return {
      traceId,
      spanId,
      parentSpanId: '',
      traceState: '',
      flags: 0,
      name: `query ${index}`,
      kind: SpanKind.CLIENT,
      startTimeUnixNano: BigInt(nowMs) * NS_PER_MS,
      endTimeUnixNano: BigInt(nowMs + 5) * NS_PER_MS,
      attributes: new Map([['db.system', 'postgresql']]),
      events: [],
      links: [],
      status: { code: 0, message: '' },
    };
  });
  return { traceId, spans };
}
const START_MS = Date.now();

/** Sends `count` spans of which Honeycomb refuses the last, and waits for its dead letter. */
export async function makeLetter(app: TestApp, sandbox: Sandbox, count = 3): Promise<SentSpans> {
  const before = await listLetters(app);
  const poison = nextSpans(count).honeycomb.at(-1) ?? '';
  sandbox.setFault('honeycomb', { kind: 'poison', itemId: poison });
  const sent = await sendSpans(app, count);
  await eventually(
    async () => countOf(await listLetters(app)),
    (letters) => letters === countOf(before) + 1,
  );
  await settled(app);
  return sent;
}

export const countOf = ({ groups }: DeadLetterList) => groups.reduce((sum, { letters }) => sum + letters, 0);

export async function settled(app: TestApp) {
  return eventually(
    () => app.status(),
    ({ destinations }) => Object.values(destinations).every(({ counts }) => counts.queued === 0),
  );
}

export async function listLetters(app: Pick<TestApp, 'adminUrl'>, query = ''): Promise<DeadLetterList> {
  const answer = await fetch(`${app.adminUrl}/api/dead-letters?${query}`);
  if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as DeadLetterList;
}

export interface ReplayAnswer {
  lines: readonly ReplayLine[];
  /** What became of each letter: its outcome, or why it was left. */
  of: Readonly<Record<string, string>>;
  sum: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export async function replayLetters(
  app: Pick<TestApp, 'adminUrl'>,
  query = '',
  body?: string,
): Promise<ReplayAnswer> {
  const wait = query.includes('wait=') ? '' : 'wait=5s';
  const answer = await fetch(`${app.adminUrl}/api/dead-letters/replay?${wait}&${query}`, {
    method: 'POST',
    headers: { 'x-sidecast': '1', ...(body === undefined ? {} : { 'content-type': 'application/x-ndjson' }) },
    ...(body === undefined ? {} : { body }),
  });
  if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${await answer.text()}`);
  const text = await answer.text();
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ReplayLine);
  const of = lines.flatMap((line): [string, string][] => {
    if (line.event === 'letter') return [[line.id, line.outcome]];
    return line.event === 'left' ? [[line.id, line.why]] : [];
  });
  const last = lines.at(-1);
  if (last?.event !== 'sum') throw new Error(`ended without a sum: ${text}`);
  return { lines, of: Object.fromEntries(of), sum: last.destinations as ReplayAnswer['sum'] };
}
