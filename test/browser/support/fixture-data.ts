// Part of the tests: two thousand traces as a busy afternoon would leave them: every state, one of 10,000 spans, one with everything odd.
import type {
  Chips,
  Delivery,
  ItemState,
  LogRow,
  SpanRow,
  Trace,
  TraceRow,
} from '../../../src/admin/api/shapes.ts';
import { DESTINATION_IDS, type DestinationId } from '../../../src/model/signals.ts';
import { seededRandom } from '../../support/random.ts';

const ROUTES = [
  ['GET', '/api/activities/home', 22, 200],
  ['GET', '/api/activities/@<handle>', 31, 200],
  ['POST', '/api/activities', 48, 201],
  ['GET', '/api/message_groups', 64, 200],
  ['POST', '/api/messages', 90, 200],
  ['GET', '/api/slow', 1200, 200],
  ['GET', '/api/boom', 11, 500],
  ['GET', '/api/notifications', 8, 200],
] as const;

const STACK = `Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/flask/app.py", line 1511, in wsgi_app
    response = self.full_dispatch_request()
  File "/usr/local/lib/python3.12/site-packages/flask/app.py", line 919, in full_dispatch_request
    rv = self.handle_user_exception(e)
  File "/usr/local/lib/python3.12/site-packages/flask/app.py", line 917, in full_dispatch_request
    rv = self.dispatch_request()
  File "/backend-flask/app.py", line 184, in boom
    return jsonify(boom.run(user))
  File "/backend-flask/services/boom.py", line 14, in run
    raise ValueError('the handle andrewbrown is not known')
ValueError: the handle andrewbrown is not known`;

const ANSWERS: Partial<Record<ItemState, Partial<Delivery>>> = {
  delivered: { answer: '200 {}', attempts: 1 },
  retrying: {
    answer:
      '503 Service Unavailable\n{"message":"upstream connect error or disconnect/reset before headers"}',
    attempts: 4,
    code: 'vendor_unavailable',
    message: 'AWS X-Ray answers 503',
    fix: 'Nothing to do: it is tried again',
  },
  blocked: {
    answer: '401 {"error":"unknown API key - check your credentials"}',
    attempts: 1,
    code: 'unauthorized',
    message: 'Honeycomb refuses the key',
    fix: 'Set HONEYCOMB_API_KEY to an ingest key of the environment',
  },
  rejected: {
    answer: '400 {"message":"item 17: segment document too large"}',
    attempts: 1,
    code: 'vendor_rejected',
    message: 'the vendor refused the item for good',
    fix: 'Look at the dead letter and replay it',
  },
  skipped: { code: 'not_applicable', message: 'nothing in the item is for this destination' },
  dropped: { code: 'max_age', message: 'older than SIDECAST_MAX_AGE' },
};

export interface Fixture {
  rows: TraceRow[];
  trace(id: string): Trace | undefined;
  logs: LogRow[];
  bigId: string;
  oddId: string;
}

export function makeFixture(nowMs: number, traces = 2000): Fixture {
  const random = seededRandom(7);
  const rows: TraceRow[] = [];
  for (let index = 0; index < traces; index++) rows.push(makeRow(random, index, nowMs - index * 290));
  pair(rows);
  const [big, odd] = [rows[3], rows[5]];
  if (!big || !odd) return { rows, trace: () => undefined, logs: [], bigId: '', oddId: '' };
  Object.assign(big, {
    name: 'nightly export',
    route: undefined,
    method: undefined,
    spans: 10_000,
    durationMs: 42_000,
  });
  delete big.statusCode;
  Object.assign(odd, {
    name: 'GET /api/boom',
    method: 'GET',
    route: '/api/boom',
    statusCode: 500,
    spans: 7,
    logs: 2,
    errors: 3,
    durationMs: 118.4,
    services: ['backend-flask', 'ledger'],
    userId: 'andrewbrown',
    pairedWith: rows[6]?.id,
    chips: {
      ...odd.chips,
      honeycomb: { delivered: 5, queued: 2 },
      'aws-xray': { retrying: 7 },
      rollbar: { delivered: 1, skipped: 6 },
    },
  });
  return complete(rows, big, odd);
}

function complete(rows: TraceRow[], big: TraceRow, odd: TraceRow): Fixture {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const trace = (id: string) => {
    const row = byId.get(id);
    return row && makeTrace(row, row === big, row === odd);
  };
  const logs = rows.slice(0, 400).flatMap((row) => logsOf(row, row.id));
  return { rows, trace, logs, bigId: big.id, oddId: odd.id };
}

/** Half of what X-Ray tells of is what the trace before it tells of too. */
function pair(rows: readonly TraceRow[]): void {
  rows.forEach((row, index) => {
    const other = rows[index - 1];
    if (!other || index % 2 || row.came[0] !== 'xray' || other.came[0] !== 'otlp') return;
    Object.assign(row, { pairedWith: other.id });
    Object.assign(other, { pairedWith: row.id });
  });
}

function makeRow(random: () => number, index: number, atMs: number): TraceRow {
  const [method, route, usualMs, status] = ROUTES[Math.floor(random() ** 1.6 * ROUTES.length)] ?? ROUTES[0];
  const durationMs = usualMs * Math.exp((random() + random() + random() - 1.5) * 1.1);
  const isError = status >= 500 || random() < 0.01;
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  const isXray = random() < 0.15;
  return {
    id: hex(32),
    version: index + 1,
    receivedAtMs: atMs,
    startUnixNano: `${Math.floor(atMs - durationMs - 20)}${String(Math.floor(random() * 1e6)).padStart(6, '0')}`,
    durationMs,
    name: `${method} ${route}`,
    method,
    route,
    statusCode: isError ? 500 : status,
    ...(random() < 0.6 && { userId: ['andrewbrown', 'bayko', 'londo'][Math.floor(random() * 3)] as string }),
    services: random() < 0.3 ? ['backend-flask', 'ledger'] : ['backend-flask'],
    spans: 2 + Math.floor(random() * 6),
    logs: random() < 0.2 ? 1 : 0,
    errors: isError ? 1 : 0,
    came: [isXray ? 'xray' : 'otlp'],
    chips: chipsFor(random, index, isError),
  };
}

function chipsFor(random: () => number, index: number, isError: boolean): Chips {
  const chips: Chips = {
    honeycomb: { delivered: 3 },
    'aws-xray': index < 14 ? { retrying: 3 } : { delivered: 3 },
    'aws-cloudwatch-logs': { delivered: 1, skipped: 2 },
    rollbar: isError ? { delivered: 1, skipped: 2 } : { skipped: 3 },
  };
  if (index < 2) chips.honeycomb = { queued: 3 };
  const odd = random();
  if (odd < 0.02) chips['aws-xray'] = { rejected: 1, delivered: 2 };
  else if (odd < 0.03) chips.honeycomb = { dropped: 3 };
  else if (odd < 0.05) chips['aws-cloudwatch-logs'] = { blocked: 1, skipped: 2 };
  else if (odd < 0.08) chips['aws-xray'] = { sampled: 3 };
  return chips;
}

function makeTrace(row: TraceRow, isBig: boolean, isOdd: boolean): Trace {
  const spans = isBig ? manySpans(row) : isOdd ? oddSpans(row) : plainSpans(row);
  return {
    row,
    spans,
    logs: row.logs > 0 ? logsOf(row, row.id) : [],
    links: { honeycomb: `https://ui.honeycomb.io/acme/environments/dev/trace?trace_id=${row.id}` },
    ...(row.route && { rank: { route: row.name, p50Ms: 19.2, p95Ms: 31.4, slowestPercent: 2 } }),
  };
}

const spanId = (row: TraceRow, index: number) =>
  `${row.id.slice(0, 10)}${index.toString(16).padStart(6, '0')}`;

function span(
  row: TraceRow,
  index: number,
  parent: number | undefined,
  name: string,
  fromMs: number,
  tookMs: number,
  more: Partial<SpanRow> = {},
): SpanRow {
  return {
    id: spanId(row, index),
    ...(parent !== undefined && { parentId: spanId(row, parent) }),
    came: row.came[0] ?? 'otlp',
    service: 'backend-flask',
    name,
    kind: parent === undefined ? 'server' : 'internal',
    startUnixNano: String(BigInt(row.startUnixNano) + BigInt(Math.round(fromMs * 1e6))),
    durationMs: tookMs,
    error: false,
    attributes: { 'code.function': name },
    resource: {
      'service.name': more.service ?? 'backend-flask',
      'telemetry.sdk.language': 'python',
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.version': '1.38.0',
      'host.name': 'b5f2d0e6a1c3',
    },
    scope: { name: 'opentelemetry.instrumentation.flask', version: '0.59b0' },
    events: [],
    links: [],
    deliveries: deliveriesOf(row),
    ...more,
  };
}

function deliveriesOf(row: TraceRow): Delivery[] {
  return DESTINATION_IDS.flatMap((destination): Delivery[] => {
    const chip = row.chips[destination] ?? {};
    const state = (Object.keys(chip) as ItemState[])[0];
    if (!state) return [];
    const isSettled = !['queued', 'retrying', 'blocked'].includes(state);
    return [
      {
        destination,
        state,
        receivedAtMs: row.receivedAtMs,
        ...(isSettled && { settledAtMs: row.receivedAtMs + 214 }),
        ...(isSettled && state !== 'skipped' && { batch: { items: 41, bytes: 23_811 } }),
        ...ANSWERS[state],
        ...(state === 'delivered' && { url: `https://vendor.example/${row.id}` }),
      },
    ];
  });
}

function serverAttributes(row: TraceRow) {
  return {
    'http.request.method': row.method ?? 'GET',
    'http.route': row.route ?? '/',
    'url.path': row.route ?? '/',
    'url.scheme': 'http',
    'server.address': 'localhost',
    'server.port': 4567,
    'http.response.status_code': row.statusCode ?? 200,
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'client.address': '172.18.0.1',
    'network.protocol.version': '1.1',
    ...(row.userId && { 'user.id': row.userId }),
    'http.request.header.authorization': '******************',
  };
}

function plainSpans(row: TraceRow): SpanRow[] {
  const took = row.durationMs;
  const spans = [
    span(row, 0, undefined, row.name, 0, took, { attributes: serverAttributes(row), error: row.errors > 0 }),
  ];
  for (let index = 1; index < row.spans; index++) {
    const from = (took * index) / (row.spans + 1);
    spans.push(
      span(
        row,
        index,
        index < 3 ? 0 : 1,
        index % 2 ? 'SELECT activities' : 'render',
        from,
        took / (row.spans + 2),
        {
          kind: index % 2 ? 'client' : 'internal',
          attributes:
            index % 2
              ? {
                  'db.system.name': 'postgresql',
                  'db.query.text': 'SELECT * FROM activities WHERE handle = $1 LIMIT 20',
                  'server.address': 'db',
                }
              : { 'app.items': 20, 'app.cache.hit': false },
        },
      ),
    );
  }
  return spans;
}

function oddSpans(row: TraceRow): SpanRow[] {
  const failure = {
    timeUnixNano: String(BigInt(row.startUnixNano) + 92_000_000n),
    name: 'exception',
    attributes: {
      'exception.type': 'ValueError',
      'exception.message': 'the handle andrewbrown is not known',
      'exception.stacktrace': STACK,
    },
  };
  const mark = {
    timeUnixNano: String(BigInt(row.startUnixNano) + 30_000_000n),
    name: 'cache.miss',
    attributes: { 'cache.key': 'home:andrewbrown' },
  };
  return [
    span(row, 0, undefined, row.name, 0, 118.4, {
      attributes: serverAttributes(row),
      error: true,
      statusMessage: 'ValueError: the handle andrewbrown is not known',
      events: [mark],
    }),
    span(row, 1, 0, 'load profile', 4, 40),
    span(row, 2, 1, 'SELECT users', 8, 30, {
      kind: 'client',
      attributes: {
        'db.system.name': 'postgresql',
        'db.query.text': 'SELECT * FROM users WHERE handle = $1',
      },
    }),
    span(row, 3, 0, 'GET ledger', 50, 38, {
      kind: 'client',
      attributes: {
        'server.address': 'ledger',
        'http.request.method': 'GET',
        'url.full': 'http://*************@ledger:8080/balance',
      },
    }),
    // Its clock is 120 ms behind.
    span(row, 4, 3, 'GET /balance', 50 - 120, 22, {
      kind: 'server',
      service: 'ledger',
      attributes: { 'http.route': '/balance', 'http.response.status_code': 500 },
      error: true,
      statusMessage: 'balance is locked',
    }),
    span(row, 5, 0, 'boom.run', 90, 20, { error: true, statusMessage: 'ValueError', events: [failure] }),
    // Its parent is not here.
    span(row, 6, 99, 'consume audit', 60, 44, { kind: 'consumer' }),
  ];
}

function manySpans(row: TraceRow): SpanRow[] {
  const spans = [span(row, 0, undefined, row.name, 0, row.durationMs)];
  for (let index = 1; index < row.spans; index++) {
    const parent = index % 10 === 1 ? 0 : index - ((index - 1) % 10 > 4 ? 2 : 1);
    const from = (row.durationMs * index) / (row.spans + 10);
    spans.push(
      span(row, index, parent, index % 3 ? `export row ${index}` : 'INSERT export', from, 3 + (index % 17), {
        error: index % 997 === 0,
      }),
    );
  }
  return spans;
}

function logsOf(row: TraceRow, traceId: string): LogRow[] {
  return [
    {
      at: 12_000_000n,
      severity: 'INFO',
      severityNumber: 9,
      body: `${row.name} for ${row.userId ?? 'nobody'}`,
    },
    ...(row.errors > 0
      ? [
          {
            at: 95_000_000n,
            severity: 'ERROR',
            severityNumber: 17,
            body: 'the handle andrewbrown is not known, asked with Bearer ****************',
          },
        ]
      : []),
  ].map(({ at, severity, severityNumber, body }, index) => ({
    id: `${traceId}:${index}`,
    timeUnixNano: String(BigInt(row.startUnixNano) + at),
    severity,
    severityNumber,
    service: 'backend-flask',
    body,
    traceId,
    spanId: spanId(row, 0),
    attributes: { 'code.file.path': '/backend-flask/app.py', 'code.line.number': 184 },
    resource: { 'service.name': 'backend-flask' },
    chips: row.chips,
  }));
}

export type { DestinationId };
