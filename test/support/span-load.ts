// Part of the tests: spans sent without pause, and which ids of theirs each destination has to have.
import http from 'node:http';
import { uuidOf } from '../../src/exporters/rollbar/uuid.ts';
import { type Span, type SpanGroup, SpanKind, StatusCode } from '../../src/model/otlp.ts';
import type { DestinationId } from '../../src/model/signals.ts';
import { encodeTraces } from '../../src/protocols/otlp/encode.ts';

/** As the sandbox's audit knows them. */
export type Ids = Readonly<Record<DestinationId, string[]>>;

export interface SpanLoad {
  /** Answered with 200. */
  readonly acknowledged: Ids;
  /** Those, and what the process may or may not have had when it died. */
  readonly sent: Ids;
  /** One more request, before or after `stop`; what it holds. */
  sendOne(): Promise<Ids>;
  stop(): Promise<void>;
}

export interface SpanLoadOptions {
  /** Each sends one request after the other. */
  senders?: number;
  pauseMs?: number;
  /** Of two spans each. */
  tracesPerRequest?: number;
  /** One trace in this many carries an exception. */
  failEvery?: number;
  /** Ids are made of numbers: loads whose ids are not to meet begin far apart. */
  firstRequest?: number;
  /** Called before a request is sent, once for each of its ids. */
  onSend?: (ids: Ids) => void;
}

const NS_PER_MS = 1_000_000n;
const RESOURCE = { attributes: new Map([['service.name', 'backend-flask']]) };
const SCOPE = { name: 'load', version: '', attributes: new Map() };

export function startSpanLoad(otlpUrl: string, options: SpanLoadOptions = {}): SpanLoad {
  const { senders = 3, pauseMs = 20, tracesPerRequest = 8, failEvery = 8, onSend = () => {} } = options;
  const { firstRequest = 0 } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: senders });
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, pauseMs));
  const [acknowledged, sent] = [noIds(), noIds()];
  let isStopped = false;
  let requests = firstRequest;
  const sendOne = async () => {
    requests += 1;
    const { body, ids } = makeRequest(requests, tracesPerRequest, failEvery);
    note(sent, ids);
    onSend(ids);
    let outcome = await post(agent, `${otlpUrl}/v1/traces`, body);
    // Nobody listened, so nobody has it: the same request goes again.
    while (outcome === 'ECONNREFUSED' && !isStopped) {
      await pause();
      outcome = await post(agent, `${otlpUrl}/v1/traces`, body);
    }
    if (outcome === 200) note(acknowledged, ids);
    return ids;
  };
  const send = async () => {
    while (!isStopped) {
      await sendOne();
      await pause();
    }
  };
  const sending = Array.from({ length: senders }, send);
  return {
    acknowledged,
    sent,
    sendOne,
    async stop() {
      isStopped = true;
      await Promise.all(sending);
      agent.destroy();
    },
  };
}

/** One request of eight traces, without sending it. */
export function spanRequest(number: number): { body: Uint8Array; ids: Ids } {
  return makeRequest(number, 8, 8);
}

function makeRequest(number: number, traces: number, failEvery: number): { body: Uint8Array; ids: Ids } {
  const ids = noIds();
  const numbers = Array.from({ length: traces }, (_, index) => number * traces + index);
  const spans = numbers.flatMap((n) => traceOf(n, n % failEvery === 0, ids));
  const group: SpanGroup = { resource: RESOURCE, scope: SCOPE, spans };
  return { body: encodeTraces([group]), ids };
}

/** A request that a server handled, and a query. */
function traceOf(number: number, failed: boolean, ids: Ids): Span[] {
  const nowMs = Date.now();
  const digits = number.toString(16);
  const traceId = Math.floor(nowMs / 1000).toString(16) + digits.padStart(24, '0');
  const [serverId, queryId] = [`a${digits.padStart(15, '0')}`, `b${digits.padStart(15, '0')}`];
  const times = {
    startTimeUnixNano: BigInt(nowMs) * NS_PER_MS,
    endTimeUnixNano: BigInt(nowMs + 5) * NS_PER_MS,
  };
  const common = { traceId, traceState: '', flags: 0, ...times, links: [] };
  const server: Span = {
    ...common,
    spanId: serverId,
    parentSpanId: '',
    name: 'GET /api/activities/home',
    kind: SpanKind.SERVER,
    attributes: new Map<string, string | number>([
      ['http.method', 'GET'],
      ['http.target', '/api/activities/home'],
      ['http.status_code', failed ? 500 : 200],
    ]),
    events: failed ? [exceptionAt(times.endTimeUnixNano)] : [],
    status: failed ? { code: StatusCode.ERROR, message: 'boom' } : { code: StatusCode.UNSET, message: '' },
  };
  const query: Span = {
    ...common,
    spanId: queryId,
    parentSpanId: serverId,
    name: 'SELECT activities',
    kind: SpanKind.CLIENT,
    attributes: new Map([['db.system', 'postgresql']]),
    events: [],
    status: { code: StatusCode.UNSET, message: '' },
  };
  ids.honeycomb.push(`${traceId}:${serverId}`, `${traceId}:${queryId}`);
  ids['aws-xray'].push(serverId, queryId);
  ids['aws-cloudwatch-logs'].push(`${traceId}:${serverId}:access`);
  if (failed) {
    ids['aws-cloudwatch-logs'].push(`${traceId}:${serverId}:error:0`);
    ids.rollbar.push(uuidOf(`${traceId}:${serverId}:0`));
  }
  return [server, query];
}

const exceptionAt = (timeUnixNano: bigint) => ({
  timeUnixNano,
  name: 'exception',
  attributes: new Map([
    ['exception.type', 'ValueError'],
    ['exception.message', 'boom'],
  ]),
});

const noIds = (): Ids => ({ honeycomb: [], 'aws-xray': [], 'aws-cloudwatch-logs': [], rollbar: [] });

function note(into: Ids, ids: Ids): void {
  for (const [destination, some] of Object.entries(ids)) into[destination as DestinationId].push(...some);
}

/** The status, or why there was none. */
function post(agent: http.Agent, url: string, body: Uint8Array): Promise<number | string | undefined> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException) => resolve(error.code);
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
      response.once('error', fail);
    });
    request.once('error', fail);
    request.end(body);
  });
}
