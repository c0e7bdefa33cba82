// Part of the tests: a server that answers as the admin port does, from made-up traces: for states that are hard to bring about, and for sizes.
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DeadLetterList } from '../../../src/admin/api/dead-letters.ts';
import type { Comparison, Heatmap, Pipeline, Sent, TraceRow } from '../../../src/admin/api/shapes.ts';
import { mayMatch, parseFilter } from '../../../src/admin/web/model/filter.ts';
import { unixMs } from '../../../src/admin/web/model/format.ts';
import { DESTINATION_IDS, type DestinationId } from '../../../src/model/signals.ts';
import { type Fixture, makeFixture } from './fixture-data.ts';
import { fixturePipeline } from './fixture-pipeline.ts';

const WEB = join(import.meta.dirname, '..', '..', '..', 'dist', 'web');

/** As strict as the real one. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface FixtureServer {
  url: string;
  fixture: Fixture;
  /** A new trace, as the stream says it. */
  arrive(row: TraceRow): void;
  close(): Promise<void>;
}

export interface FixtureOptions {
  port?: number;
  traces?: number;
  /** Every so often another trace comes in. */
  everyMs?: number;
}

export async function startFixtureServer({
  port = 0,
  traces = 2000,
  everyMs = 0,
}: FixtureOptions = {}): Promise<FixtureServer> {
  const fixture = makeFixture(Date.now(), traces);
  const streams = new Set<ServerResponse>();
  const say = (event: string, data: object, to: Iterable<ServerResponse> = streams) => {
    for (const stream of to) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const kept = () => fixture.rows.length;
  const arrive = (row: TraceRow) => {
    fixture.rows.unshift(row);
    say('traces', { rows: [row], kept: kept(), keepsOneIn: 1 });
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fixture');
    if (url.pathname === '/api/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      streams.add(response);
      response.on('close', () => streams.delete(response));
      say('hello', { version: 'fixture', startedAt: new Date().toISOString() }, [response]);
      say('pipeline', fixturePipeline(traces > 0), [response]);
      return;
    }
    void answer(fixture, url, response, traces > 0);
  });
  const timers = [
    setInterval(() => say('pipeline', fixturePipeline(traces > 0)), 1000),
    ...(everyMs > 0 ? [setInterval(() => arrive(another(fixture)), everyMs)] : []),
  ];
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fixture,
    arrive,
    async close() {
      for (const timer of timers) clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let serial = 0;

function another({ rows }: Fixture): TraceRow {
  const like = rows[200 + (serial++ % 500)] as TraceRow;
  const nowMs = Date.now();
  const id = `${serial.toString(16).padStart(8, '0')}${like.id.slice(8)}`;
  return { ...like, id, receivedAtMs: nowMs, startUnixNano: `${nowMs}000000`, version: 10_000 + serial };
}

async function answer(fixture: Fixture, url: URL, response: ServerResponse, hasData: boolean): Promise<void> {
  const { pathname, searchParams } = url;
  const json = (body: unknown, code = 200) => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const [, id = '', rest] = /^\/api\/traces\/([^/.]+)(.*)$/.exec(pathname) ?? [];
  if (id) {
    const trace = fixture.trace(id);
    if (!trace) return json({ message: 'no such trace is kept' }, 404);
    if (rest === '') return json(trace);
    if (rest === '.md') return void response.end(`# ${trace.row.name}\n`);
    if (rest === '.otlp.json') return json({ resourceSpans: [] });
    const [, spanId, to] = /^\/spans\/([^/]+)\/sent\/(.+)$/.exec(rest ?? '') ?? [];
    return json(sentFor(spanId ?? '', to as DestinationId));
  }
  switch (pathname) {
    case '/api/traces': {
      const filter = parseFilter(url.search);
      const q = filter.q?.toLowerCase() ?? '';
      const isUser = (row: TraceRow) =>
        filter.attr.every((pair) => pair !== `user.id=${row.userId}` || true) &&
        filter.attr.every((pair) => !pair.startsWith('user.id=') || pair === `user.id=${row.userId}`);
      const matching = fixture.rows.filter(
        (row) => mayMatch(filter, row) && row.name.toLowerCase().includes(q) && isUser(row),
      );
      const from = Number(searchParams.get('before') ?? 0);
      const end = from + Number(searchParams.get('limit') ?? 100);
      const next = end < matching.length ? { next: String(end) } : {};
      return json({
        traces: matching.slice(from, end),
        matching: matching.length,
        kept: fixture.rows.length,
        keepsOneIn: 1,
        ...next,
      });
    }
    case '/api/heatmap':
      return json(heatFor(fixture.rows));
    case '/api/compare':
      return json(COMPARISON);
    case '/api/logs':
      return json({ logs: fixture.logs });
    case '/api/pipeline':
      return json(fixturePipeline(hasData) satisfies Pipeline);
    case '/api/dead-letters':
      return json(hasData ? LETTERS : { groups: [], newest: [], dir: null, unreadable: 0 });
  }
  return file(pathname, response);
}

async function file(pathname: string, response: ServerResponse): Promise<void> {
  const isAsset = /^\/[\w-]+\.(js|css)$/.test(pathname);
  try {
    const content = await readFile(join(WEB, isAsset ? pathname.slice(1) : 'index.html'));
    const type = pathname.endsWith('.js')
      ? 'text/javascript'
      : pathname.endsWith('.css')
        ? 'text/css'
        : 'text/html; charset=utf-8';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
}

const LOW_MS = 0.1;
const RATIO = 10 ** 0.2;
const COLUMN_MS = 5000;

function heatFor(rows: readonly TraceRow[]): Heatmap {
  const oldestMs = rows.length > 0 ? Math.min(...rows.map((row) => unixMs(row.startUnixNano))) : Date.now();
  const firstColumnMs = Math.floor(oldestMs / COLUMN_MS) * COLUMN_MS;
  const cells = new Map<string, [number, number, number, number]>();
  for (const row of rows) {
    const column = Math.floor((unixMs(row.startUnixNano) - firstColumnMs) / COLUMN_MS);
    const line = Math.max(0, Math.floor(Math.log(row.durationMs / LOW_MS) / Math.log(RATIO)));
    const cell = cells.get(`${column} ${line}`) ?? [column, line, 0, 0];
    cells.set(`${column} ${line}`, cell);
    cell[2] += 1;
    if (row.errors > 0) cell[3] += 1;
  }
  const routes = [...new Set(rows.map((row) => row.route ?? row.name))].map((route) => {
    const of = rows
      .filter((row) => (row.route ?? row.name) === route)
      .map((row) => row.durationMs)
      .sort((a, b) => a - b);
    const at = (share: number) => of[Math.min(of.length - 1, Math.floor(of.length * share))] ?? 0;
    const failed = rows.filter((row) => (row.route ?? row.name) === route && row.errors > 0).length;
    return {
      route,
      perSecond: of.length / 580,
      errorPercent: (failed / of.length) * 100,
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
    };
  });
  return { columnMs: 5000, firstColumnMs, lowMs: LOW_MS, ratio: RATIO, cells: [...cells.values()], routes };
}

function sentFor(spanId: string, destination: DestinationId): Sent {
  const body = {
    name: 'backend-flask',
    id: spanId,
    trace_id: '1-674f3b2a-5d1e8c7f0a9b4c6d2e1f3a5b',
    start_time: 1_764_000_000.123456,
    end_time: 1_764_000_000.147456,
    http: { request: { method: 'GET', url: 'http://localhost:4567/api/boom' }, response: { status: 500 } },
    annotations: { user_id: 'andrewbrown' },
    metadata: { otel: { 'http.request.header.authorization': '******************' } },
  };
  return {
    destination,
    items: [{ partition: destination === 'honeycomb' ? 'backend-flask' : '', bytes: 842, body }],
    notes:
      destination === 'aws-xray'
        ? [
            {
              code: 'renamed',
              message: 'user.id became the annotation user_id: X-Ray takes letters, digits and _ only',
            },
          ]
        : [],
  };
}

const COMPARISON: Comparison = {
  inside: 14,
  outside: 1986,
  attributes: [
    { key: 'db.system.name', value: 'postgresql', insidePercent: 100, outsidePercent: 48 },
    { key: 'user.id', value: 'andrewbrown', insidePercent: 78, outsidePercent: 21 },
    { key: 'app.cache.hit', value: 'false', insidePercent: 92, outsidePercent: 37 },
    { key: 'http.route', value: '/api/slow', insidePercent: 64, outsidePercent: 4 },
  ],
};

const LETTER = { destination: 'aws-xray', reason: 'vendor_rejected', suspect: 0 } as const;
const LETTERS: DeadLetterList = {
  dir: '/var/lib/sidecast/dead-letters',
  unreadable: 0,
  groups: [
    {
      ...LETTER,
      letters: 38,
      replayed: 2,
      oldest: new Date(Date.now() - 900_000).toISOString(),
      newest: new Date(Date.now() - 40_000).toISOString(),
    },
    {
      ...LETTER,
      destination: 'rollbar',
      reason: 'too_large',
      letters: 1,
      replayed: 0,
      oldest: new Date(Date.now() - 70_000).toISOString(),
      newest: new Date(Date.now() - 70_000).toISOString(),
    },
  ],
  newest: [
    {
      id: '812:17',
      destination: 'aws-xray',
      signal: 'traces',
      reason: {
        code: 'vendor_rejected',
        message: 'AWS X-Ray refused the item: MissingParentId, a subsegment of an unknown segment',
      },
      vendor: { status: 200, body: '{"UnprocessedTraceSegments":[{"ErrorCode":"MissingParentId"}]}' },
      suspect: false,
      receivedAt: new Date().toISOString(),
      deadAt: new Date().toISOString(),
      origin: { peer: '172.18.0.3' },
      replay: null,
      bytes: 1432,
    },
  ],
};

export const ALL: readonly DestinationId[] = DESTINATION_IDS;
