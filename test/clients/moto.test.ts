// Part of the tests: segments through sidecast into moto, an AWS that is not ours, and read back from there.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { BatchGetTracesCommand, XRayClient } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { provision } from '../../src/cli/provision.ts';
import type { OtlpSignal } from '../../src/model/signals.ts';
import { decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { toXRayTraceId } from '../../src/protocols/xray/ids.ts';
import { parseSegment, type Segment } from '../../src/protocols/xray/segment.ts';
import { startTraffic } from '../../src/sandbox/traffic/traffic.ts';
import { eventually } from '../support/app.ts';
import { sendDatagrams } from '../support/datagrams.ts';
import { seededRandom } from '../support/random.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type Moto, startMoto } from './moto.ts';
import { startXRayTap } from './tap.ts';

const CAPTURES = join(import.meta.dirname, '..', 'fixtures', 'captures');
const CREDENTIALS = { accessKeyId: 'AKIAMOTO000000000000', secretAccessKey: 'moto-takes-any' };
const LOG_GROUP = 'sidecast-moto';
/** Enough for each route of the traffic: failing ones, calls, missing pages. */
const REQUESTS = 100;
const hasPython = spawnSync('python3', ['--version']).status === 0;

const datagrams = ['python-xray', 'node-xray', 'go-xray', 'java-xray'].flatMap((folder) =>
  readdirSync(join(CAPTURES, folder))
    .filter((name) => name.endsWith('.udp.txt'))
    .map((name) => readFileSync(join(CAPTURES, folder, name))),
);
const documentIn = (datagram: Buffer) => datagram.subarray(datagram.indexOf(0x0a) + 1).toString('utf8');
const traceIdOf = (document: string) => String(parseSegment(document)?.trace_id);

let moto: Moto;
let sidecast: Sidecast;
let xray: XRayClient;
let logs: CloudWatchLogsClient;

beforeAll(async () => {
  if (!hasPython) return;
  moto = await startMoto();
  sidecast = await startSidecast({
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_XRAY: moto.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: moto.url,
    CLOUDWATCH_LOG_GROUP: LOG_GROUP,
  });
  const client = { region: 'eu-central-1', endpoint: moto.url, credentials: CREDENTIALS };
  xray = new XRayClient(client);
  logs = new CloudWatchLogsClient(client);
});
afterAll(async () => {
  xray?.destroy();
  logs?.destroy();
  await sidecast?.stop();
  await moto?.stop();
});
beforeEach((context) => context.skip(!hasPython, 'there is no python3 to run moto with'));

/** Of a document and what is embedded in it. */
function idsIn(document: Segment | undefined): unknown[] {
  const embedded = (document?.subsegments ?? []) as readonly Segment[];
  return [document?.id, ...embedded.flatMap((each) => idsIn(each))];
}

/** BatchGetTraces takes five ids a call. */
async function readBack(traceIds: readonly string[]): Promise<string[]> {
  const documents: string[] = [];
  for (let from = 0; from < traceIds.length; from += 5) {
    const { Traces = [] } = await xray.send(
      new BatchGetTracesCommand({ TraceIds: traceIds.slice(from, from + 5) }),
    );
    for (const { Segments = [] } of Traces) documents.push(...Segments.map(({ Document = '' }) => Document));
  }
  return documents;
}

async function postOtlp(signal: OtlpSignal, message: object): Promise<void> {
  const answer = await fetch(`${sidecast.otlpUrl}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  });
  expect(answer.status).toBe(200);
}

interface ReadEvent {
  event_id: string;
  traceId: string;
  message: string;
  attributes?: Record<string, unknown>;
}

/** Of all streams, in the order of their streams. */
async function readEvents(): Promise<{ stream: string; timestamp: number; event: ReadEvent }[]> {
  const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: LOG_GROUP }));
  const found = logStreams.map(async ({ logStreamName = '' }) => {
    const { events = [] } = await logs.send(
      new GetLogEventsCommand({ logGroupName: LOG_GROUP, logStreamName, startFromHead: true }),
    );
    return events.map(({ timestamp = 0, message = '' }) => ({
      stream: logStreamName,
      timestamp,
      event: JSON.parse(message) as ReadEvent,
    }));
  });
  return (await Promise.all(found)).flat();
}

describe('moto', () => {
  it('holds every document that an X-Ray SDK sent, byte for byte and once', async () => {
    const sent = datagrams.map(documentIn);
    await sendDatagrams(sidecast.xrayPort, datagrams);

    const { destinations } = await eventually(
      () => sidecast.status(),
      (status) => status.destinations['aws-xray'].counts.delivered >= sent.length,
    );

    const { delivered, rejected, queued } = destinations['aws-xray'].counts;
    expect([delivered, rejected, queued]).toEqual([sent.length, 0, 0]);
    const arrived = await readBack([...new Set(sent.map(traceIdOf))]);
    // One of the captures has a token in an address, and what is secret does not leave.
    expect(arrived.toSorted()).toEqual(
      sent.map((document) => document.replace('?token=abc', '?token=***')).toSorted(),
    );
  });

  it('holds the spans of an OTLP client as documents of their traces', async () => {
    const body = readFileSync(join(CAPTURES, 'python-otel', '01-traces-batch-1.bin'));
    const before = (await sidecast.status()).destinations['aws-xray'].counts.delivered;
    const answer = await fetch(`${sidecast.otlpUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body,
    });
    expect(answer.status).toBe(200);

    const { receivers, destinations } = await eventually(
      () => sidecast.status(),
      (status) => status.destinations['aws-xray'].counts.queued === 0,
    );

    const spans = receivers.otlp.accepted.spans;
    expect(spans).toBeGreaterThan(10);
    expect(destinations['aws-xray'].counts.delivered).toBe(before + spans);
    const made = decodeTraces(body).flatMap((group) => group.spans);
    const traceIds = new Set(made.map(({ traceId }) => traceId));
    const arrived = await readBack([...traceIds].map(toXRayTraceId));
    // One trace has a segment of the X-Ray SDK as well.
    const ids = arrived.map((document) => parseSegment(document)?.id);
    for (const { spanId } of made) expect(ids.filter((id) => id === spanId)).toHaveLength(1);
  });

  it('holds a failed request as segment, access line, error event and log event, and a call of a script as subsegment', async () => {
    const nowMs = Date.now();
    const nanos = (ms: number) => `${nowMs + ms}000000`;
    const [requestId, callId] = ['b7ad6b7169203331', 'c7ad6b7169203331'];
    const traceId = `${Math.floor(nowMs / 1000).toString(16)}0af7651916cd43dd8448eb21`;
    const text = (values: Record<string, string>) =>
      Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const resource = { attributes: text({ 'service.name': 'moto-api' }) };
    const exception = { 'exception.type': 'ValueError', 'exception.message': 'boom' };
    const request = {
      traceId,
      spanId: requestId,
      name: 'GET /home',
      kind: 2,
      startTimeUnixNano: nanos(-20),
      endTimeUnixNano: nanos(-10),
      attributes: text({ 'http.request.method': 'GET', 'url.path': '/home' }),
      status: { code: 2 },
      events: [{ timeUnixNano: nanos(-12), name: 'exception', attributes: text(exception) }],
    };
    const call = { ...request, spanId: callId, name: 'GET', kind: 3, events: [], status: {} };
    const record = { timeUnixNano: nanos(-15), traceId, spanId: requestId, body: { stringValue: 'hello' } };
    await postOtlp('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [request, call] }] }] });
    await postOtlp('logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] });
    await eventually(
      () => sidecast.status(),
      ({ destinations }) =>
        destinations['aws-xray'].counts.queued + destinations['aws-cloudwatch-logs'].counts.queued === 0,
    );

    const documents = (await readBack([toXRayTraceId(traceId)])).map((text) => parseSegment(text));
    expect(documents).toHaveLength(2);
    const segment = documents.find((document) => document?.id === requestId);
    expect(segment).toMatchObject({ name: 'moto-api', fault: true, http: { request: { method: 'GET' } } });
    const around = documents.find((document) => document?.id !== requestId);
    expect(around).toMatchObject({ name: 'moto-api', subsegments: [{ id: callId, namespace: 'remote' }] });

    const events = (await readEvents()).filter(({ event }) => event.traceId === traceId);
    expect(events.map(({ stream, timestamp }) => [stream, timestamp - nowMs])).toEqual([
      ['moto-api', -15],
      ['moto-api', -12],
      ['moto-api', -10],
    ]);
    const [logged, failed, access] = events.map(({ event }) => event);
    expect(logged).toMatchObject({ message: 'hello' });
    expect(failed?.event_id).toBe(`${traceId}:${requestId}:error:0`);
    expect(access?.event_id).toBe(`${traceId}:${requestId}:access`);
  });

  it('holds generated traffic: each segment as it was sent, a document of each span, events of each log record and request', async () => {
    const before = (await sidecast.status()).destinations;
    const tap = await startXRayTap(sidecast.xrayPort);
    const traffic = startTraffic({
      otlpUrl: sidecast.otlpUrl,
      xrayHost: '127.0.0.1',
      xrayPort: tap.port,
      requestsPerSecond: 40,
      random: seededRandom(6),
    });
    await eventually(
      () => traffic.summary().requests,
      (requests) => requests >= REQUESTS,
    );
    const { ids, requests, spans, logs: records, segments } = await traffic.stop();
    const { destinations } = await eventually(
      () => sidecast.status(),
      ({ receivers, destinations: now }) =>
        receivers['aws-xray'].accepted.segments >= datagrams.length + segments &&
        now['aws-xray'].counts.queued + now['aws-cloudwatch-logs'].counts.queued === 0,
    );
    await tap.close();
    for (const id of ['aws-xray', 'aws-cloudwatch-logs'] as const)
      expect(destinations[id].counts.rejected, id).toBe(before[id].counts.rejected);

    const sent = tap.datagrams.map(documentIn);
    expect(sent).toHaveLength(requests);
    expect((await readBack(sent.map(traceIdOf))).toSorted()).toEqual(sent.toSorted());

    expect(ids.spans.length).toBe(spans);
    const traceIds = [...new Set(ids.spans.map((id) => id.split(':')[0] ?? ''))];
    const made = (await readBack(traceIds.map(toXRayTraceId))).flatMap((document) =>
      idsIn(parseSegment(document)),
    );
    for (const id of ids.spans) expect(made.filter((one) => one === id.split(':')[1])).toHaveLength(1);

    const events = (await readEvents()).map(({ event }) => event);
    const logged = events
      .map(({ attributes }) => `log:${attributes?.['log.id']}`)
      .filter((id) => ids.logs.includes(id));
    expect(logged.toSorted()).toEqual(ids.logs.toSorted());
    expect(records).toBe(ids.logs.length);
    const all = new Set([
      ...traceIds,
      ...sent.map((document) => traceIdOf(document).slice(2).replace('-', '')),
    ]);
    const lines = events.filter(({ event_id, traceId }) => event_id.endsWith(':access') && all.has(traceId));
    // Of the span and of the segment, as the routing of this test has it.
    expect(lines).toHaveLength(2 * requests);
  });

  it('gets log group and retention of provision: plan, apply, plan', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', moto.url);
    const example = join(import.meta.dirname, '../../docker/examples/provision/log-group.json');
    const type = async (verb: string) => {
      const said: string[] = [];
      const code = await provision({
        flags: [verb, example],
        program: '',
        version: 'test',
        isTerminal: false,
        stdout: (text) => void said.push(text),
        stderr: (text) => void said.push(text),
        signal: new Promise(() => undefined),
      });
      return [code, said.join('\n').split('\n').at(-1)];
    };

    expect(await type('plan')).toEqual([3, 'In eu-central-1: 1 to create.']);
    expect(await type('apply')).toEqual([0, 'In eu-central-1: 1 created.']);
    expect(await type('plan')).toEqual([0, 'In eu-central-1: nothing to do, 1 unchanged.']);
    vi.unstubAllEnvs();
  });
});
