// Part of the tests: the API of the page, over a running sidecast with the sandbox as its vendors.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline, Sent, StreamEvents, Trace, TraceList, TraceRow } from '../../src/admin/api/shapes.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { openStream } from '../support/stream.ts';
import { sendSegment, sendSpans, toldTwice } from '../support/two-sdks.ts';

const CAPTURES = join(import.meta.dirname, '..', 'fixtures', 'captures');
const capture = (path: string) => readFileSync(join(CAPTURES, path));

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = await startSandbox();
  app = await startTestApp({ ...settingsOf(sandbox), SIDECAST_RECENT_BYTES: '2MiB' });
});
afterEach(async () => {
  await app.shutdown('test');
  await sandbox.close();
});

async function postTraces(): Promise<void> {
  const body = capture('python-otel/02-traces-batch-2-errors.bin');
  const headers = { 'content-type': 'application/x-protobuf' };
  const answer = await fetch(`${app.otlpUrl}/v1/traces`, { method: 'POST', body, headers });
  expect(answer.status).toBe(200);
}

const get = async <T>(path: string) => (await (await fetch(`${app.adminUrl}${path}`)).json()) as T;
const isDone = ({ chips }: TraceRow) =>
  Object.values(chips).every((chip) => !('queued' in chip) && !('retrying' in chip) && !('blocked' in chip));

describe('the stream', () => {
  it('has a request within a second of its acknowledgement, and its chips as they settle', async () => {
    const stream = await openStream(app.adminUrl);
    await postTraces();
    const acknowledgedAtMs = performance.now();

    const first = await stream.next<StreamEvents['traces']>('traces');

    expect(performance.now() - acknowledgedAtMs).toBeLessThan(1000);
    expect(first.rows.length).toBeGreaterThan(0);
    const settled = new Map<string, TraceRow>();
    for (const row of first.rows) settled.set(row.id, row);
    while (![...settled.values()].every(isDone))
      for (const row of (await stream.next<StreamEvents['traces']>('traces')).rows) settled.set(row.id, row);
    const rows = [...settled.values()];
    expect(rows.every(({ chips, spans }) => chips.honeycomb?.delivered === spans)).toBe(true);
    expect(rows.some(({ chips }) => chips.rollbar?.delivered)).toBe(true);
    stream.close();
  });

  it('goes on where it was broken off', async () => {
    const before = await openStream(app.adminUrl);
    await postTraces();
    await before.next('traces');
    const lastId = before.lastId ?? '';
    before.close();
    await postTraces();

    const after = await openStream(app.adminUrl, { 'last-event-id': lastId });

    const { rows } = await after.next<StreamEvents['traces']>('traces');
    const seen = Number(lastId.split('/')[1]);
    expect(rows.every(({ version }) => version > seen)).toBe(true);
    after.close();
  });

  it('shows what one vendor that is down does not take as retrying, there alone and with its reason', async () => {
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });
    await postTraces();

    const { traces } = await eventually(
      () => get<TraceList>('/api/traces'),
      (list) =>
        list.traces.length > 0 &&
        list.traces.every(
          ({ chips }) => chips.honeycomb?.retrying !== undefined && (chips['aws-xray']?.delivered ?? 0) > 0,
        ),
    );

    const trace = await get<Trace>(`/api/traces/${traces[0]?.id}`);
    for (const { deliveries } of trace.spans) {
      expect(deliveries.find(({ destination }) => destination === 'honeycomb')).toMatchObject({
        state: 'retrying',
        code: 'vendor_unavailable',
        fix: expect.any(String),
      });
      expect(deliveries.find(({ destination }) => destination === 'aws-xray')).toMatchObject({
        state: 'delivered',
        attempts: 1,
      });
    }
    const { destinations } = await get<Pipeline>('/api/pipeline');
    expect(destinations.honeycomb.retryAtMs).toBeGreaterThan(0);
    expect(destinations['aws-xray'].retryAtMs).toBeNull();
    sandbox.setFault('honeycomb', { kind: 'none' });
    await eventually(
      () => get<TraceList>('/api/traces'),
      (list) => list.traces.every(({ chips, spans }) => chips.honeycomb?.delivered === spans),
    );
  });
});

it('SIDECAST_RECENT_BYTES is the bound of what the page keeps', async () => {
  expect((await get<Pipeline>('/api/pipeline')).recent.maxBytes).toBe(2 * 1024 * 1024);
});

describe('the README', () => {
  it('names every route of the API, and shows pictures that are there', () => {
    const root = join(import.meta.dirname, '..', '..');
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const sources = readdirSync(join(root, 'src/admin/api')).map((name) =>
      readFileSync(join(root, 'src/admin/api', name), 'utf8'),
    );
    const routes = sources.flatMap((text) =>
      [...text.matchAll(/['"](\/api\/[\w/:-]+)['"]/g)].map(([, path]) => path),
    );
    expect(routes.length).toBeGreaterThan(8);
    for (const route of new Set(routes)) {
      const shape = (route ?? '').replaceAll(/:\w+/g, '[^/\\s]+');
      expect(readme, route).toMatch(new RegExp(`${shape}(?![\\w/])`));
    }
    const pictures = [...readme.matchAll(/!\[.+\]\((.+)\)/g)].map(([, path]) => path ?? '');
    expect(pictures.length).toBeGreaterThanOrEqual(4);
    for (const path of pictures) expect(statSync(join(root, path)).size, path).toBeLessThan(150 * 1024);
  });

  it('has examples that work as they stand', async () => {
    await postTraces();
    const { traces } = await eventually(
      () => get<TraceList>('/api/traces?errors=1'),
      (list) => list.traces.length > 0,
    );
    const trace = await get<Trace>(`/api/traces/${traces[0]?.id}`);
    const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
    const block = /<!-- examples: api -->\n([\s\S]*?)<!-- end -->/.exec(readme)?.[1] ?? '';
    const examples = [...block.matchAll(/^curl (.*)'127\.0\.0\.1:4319(.*)'$/gm)];
    const abort = new AbortController();

    // A README without them would pass otherwise.
    expect(examples.length).toBeGreaterThanOrEqual(14);
    expect(examples).toHaveLength(block.split('\n').filter((line) => line.startsWith('curl')).length);
    for (const [line, options = '', path = ''] of examples) {
      const url =
        app.adminUrl + path.replace('<trace>', trace.row.id).replace('<span>', trace.spans[0]?.id ?? '');
      const [, name = '', value = ''] = /-H '(.*?): (.*?)'/.exec(options) ?? [];
      const method = /-X (\w+)/.exec(options)?.[1] ?? 'GET';
      const answer = await fetch(url, {
        method,
        headers: name ? { [name]: value } : {},
        signal: abort.signal,
      });
      expect(answer.status, line).toBe(200);
    }
    abort.abort();
  });
});

describe('a trace', () => {
  it('is there as rows, as OTLP/JSON, as Markdown and as each destination gets it', async () => {
    await postTraces();
    const { traces } = await eventually(
      () => get<TraceList>('/api/traces?errors=1'),
      (list) => list.traces.length > 0 && list.traces.every(isDone),
    );
    const id = traces[0]?.id ?? '';

    const trace = await get<Trace>(`/api/traces/${id}`);
    const otlp = await get<{ resourceSpans: unknown[] }>(`/api/traces/${id}.otlp.json`);
    const markdown = await (await fetch(`${app.adminUrl}/api/traces/${id}.md`)).text();
    const failed = trace.spans.find(({ error, events }) => error && events.length > 0);
    const sent = Object.fromEntries(
      await Promise.all(
        ['honeycomb', 'aws-xray', 'aws-cloudwatch-logs', 'rollbar'].map(async (destination) => [
          destination,
          await get<Sent>(`/api/traces/${id}/spans/${failed?.id}/sent/${destination}`),
        ]),
      ),
    ) as Record<string, Sent>;

    expect(trace.spans.length).toBe(traces[0]?.spans);
    expect(JSON.stringify(otlp.resourceSpans)).toContain(failed?.id);
    expect(markdown).toContain(`\`${id}\``);
    expect(markdown).toContain('Traceback');
    expect(JSON.stringify(sent['honeycomb']?.items)).toContain(failed?.id);
    expect(sent['honeycomb']?.items).toHaveLength(1);
    expect(sent['aws-xray']?.items[0]?.body).toMatchObject({ id: failed?.id });
    expect(JSON.stringify(sent['aws-cloudwatch-logs']?.items)).toContain(id);
    expect(JSON.stringify(sent['rollbar']?.items)).toContain('"class":"ValueError"');
  });
});

describe('a request that both SDKs tell of', () => {
  it('has two traces that name each other: in the list, in the stream, by itself and in Markdown', async () => {
    const stream = await openStream(app.adminUrl);
    const request = toldTwice('/api/twice', 'Backend-Flask');
    const alone = toldTwice('/api/alone', 'Backend-Flask');
    const [otlpId, xrayId] = [request.otlpTraceId, request.xrayTraceId.slice(2).replace('-', '')];
    await sendSegment(request, app.xrayPort);
    expect((await stream.next<StreamEvents['traces']>('traces')).rows[0]).not.toHaveProperty('pairedWith');
    expect(await sendSpans([request, alone], 'backend-flask', app.otlpUrl)).toBe(200);

    const seen = new Map<string, TraceRow>();
    while (!seen.has(otlpId))
      for (const row of (await stream.next<StreamEvents['traces']>('traces')).rows) seen.set(row.id, row);
    expect(seen.get(otlpId)?.pairedWith).toBe(xrayId);
    const { traces } = await get<TraceList>('/api/traces');
    const pairs = Object.fromEntries(traces.map(({ id, pairedWith }) => [id, pairedWith]));
    expect(pairs).toEqual({ [otlpId]: xrayId, [xrayId]: otlpId, [alone.otlpTraceId]: undefined });
    // The other way round, and under the id as X-Ray writes it.
    expect((await get<Trace>(`/api/traces/${request.xrayTraceId}`)).row.pairedWith).toBe(otlpId);
    const markdown = await (await fetch(`${app.adminUrl}/api/traces/${otlpId}.md`)).text();
    expect(markdown).toContain(`- the same request as trace \`${xrayId}\``);
    stream.close();
  });
});
