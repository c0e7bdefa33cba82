// Part of the tests: a vendor, or what stands in its place, that wants sidecast to hang, to swell, to lose data or to give its keys away.
// Asked of every exporter: whatever comes back is no success and no refusal of the data, so it is held and sent again.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { registry } from '../../src/app/registry.ts';
import type { EncodedItem, Exporter, ExportResult } from '../../src/delivery/exporter.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { type Clock, systemClock } from '../../src/model/clock.ts';
import { letOthersIn } from '../../src/model/let-others-in.ts';
import type { JournalRecord } from '../../src/model/signals.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { sandboxSettings } from '../../src/sandbox/index.ts';
import { capture } from '../protocols/otlp/oracle.ts';
import { buildExporter } from '../support/limits.ts';

/** Deadlines of 10 s are over in half a second. */
const hasty: Clock = { ...systemClock, schedule: (ms, run) => systemClock.schedule(ms / 20, run) };
const http = createHttpClient({ connections: 2, clock: hasty, proxies: {} });
const PATIENCE_MS = 4000;

type Behaviour = (socket: Socket) => void;

let vendor: Server;
let elsewhere: Server;
let behave: Behaviour = () => undefined;
/** Of the vendor under way. */
let sentBytes = 0;
let visits = 0;
let visitsElsewhere = 0;
const sockets = new Set<Socket>();

const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  vendor = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', () => {
      visits += 1;
      behave(socket);
    });
    socket.resume();
  });
  elsewhere = createServer(() => visitsElsewhere++);
  for (const server of [vendor, elsewhere]) await once(server.listen(0, '127.0.0.1'), 'listening');
});
beforeEach(() => {
  sentBytes = 0;
  visits = 0;
  visitsElsewhere = 0;
});
/** The pool must not find a connection of the test before. */
afterEach(async () => {
  const closed = [...sockets].map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  await letOthersIn();
});
afterAll(async () => {
  await http.close();
  for (const socket of sockets) socket.destroy();
  for (const server of [vendor, elsewhere]) await new Promise((resolve) => server.close(resolve));
});

function recordOf(signal: 'traces' | 'logs', path: string): JournalRecord {
  const payload = capture(path);
  const { summary } = scan(signal, payload);
  return { signal, receivedAtMs: Date.now(), payload, summary, origin: { peer: '' }, position: 0 };
}

const build = (id: string) => buildExporter(id, sandboxSettings(`http://127.0.0.1:${portOf(vendor)}`), http);

function batchFor(exporter: Exporter<unknown>): EncodedItem<unknown>[] {
  const items = [
    recordOf('traces', 'python-otel/02-traces-batch-2-errors.bin'),
    recordOf('logs', 'python-otel-auto/01-logs.bin'),
  ].flatMap((record) => exporter.encode(record).items);
  return items.filter(({ partition }) => partition === items[0]?.partition).slice(0, 1);
}

const TYPES: Readonly<Record<string, string>> = {
  honeycomb: 'application/x-protobuf',
  'aws-xray': 'application/json',
  'aws-cloudwatch-logs': 'application/x-amz-json-1.1',
  rollbar: 'application/json',
};
let type = '';

const say =
  (head: string, body: string | Buffer = ''): Behaviour =>
  (socket) => {
    socket.write(`${head.replaceAll('\n', '\r\n')}\r\n\r\n`);
    socket.write(body);
  };
const answer = (status: string, headers: string, body: string | Buffer = ''): Behaviour =>
  say(
    `HTTP/1.1 ${status}\nContent-Type: ${type}\nContent-Length: ${Buffer.byteLength(body)}${headers}`,
    body,
  );

/** As fast as it is read, up to 2 GB. */
function flood(socket: Socket, piece: Buffer | string): void {
  const more = () => {
    while (!socket.destroyed && sentBytes < 2e9) {
      sentBytes += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', more);
  more();
}
const flooding = (head: string, piece: Buffer | string): Behaviour => {
  const begin = say(head);
  return (socket) => {
    begin(socket);
    flood(socket, piece);
  };
};
function drip(socket: Socket, bytes: string, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => socket.write(bytes[at++] ?? 'x'), everyMs);
  socket.on('close', () => clearInterval(timer));
}

const KIB64 = Buffer.alloc(64 * 1024, 0x78);
const DEEP = '['.repeat(100_000);
const DEEP_OBJECT = '{"errorMessage":'.repeat(100_000);
const chunked = Buffer.concat([Buffer.from('10000\r\n'), KIB64, Buffer.from('\r\n')]);

const ROWS: readonly (readonly [what: string, behave: () => Behaviour])[] = [
  [
    'a body of 2 GB',
    () => flooding(`HTTP/1.1 200 OK\nContent-Type: ${type}\nContent-Length: 2000000000`, KIB64),
  ],
  ['a body of 2 GB with a 500', () => flooding('HTTP/1.1 500 Oops\nContent-Length: 2000000000', KIB64)],
  [
    'chunks without end',
    () => flooding(`HTTP/1.1 200 OK\nContent-Type: ${type}\nTransfer-Encoding: chunked`, chunked),
  ],
  ['1 MB of one header', () => say(`HTTP/1.1 200 OK\nX-Long: ${'a'.repeat(1_000_000)}`)],
  [
    'a body that only the end of the connection ends',
    () => flooding(`HTTP/1.1 200 OK\nContent-Type: ${type}`, KIB64),
  ],
  [
    'headers that never stop',
    () => (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      flood(socket, 'X-More: and more\r\n'.repeat(1000));
    },
  ],
  ['what is no gzip and says so', () => answer('200 OK', '\nContent-Encoding: gzip', '<html>no gzip</html>')],
  ['gzip that was not asked for', () => answer('503 No', '\nContent-Encoding: gzip', gzipSync('{}'))],
  ['lists in lists, 100,000 deep', () => answer('200 OK', '', DEEP)],
  ['objects in objects, 100,000 deep, as an error', () => answer('500 Oops', '', DEEP_OBJECT)],
  [
    '200 with a page of a hotel',
    () => say('HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 20', '<html>Room?</html> \n'),
  ],
  ...['301 Moved', '302 Found', '307 Temporary', '308 Permanent'].map(
    (status) =>
      [
        `${status} to another host`,
        () => answer(status, `\nLocation: http://127.0.0.1:${portOf(elsewhere)}/`),
      ] as const,
  ),
  ['a byte of the head in a while', () => (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 50)],
  [
    'a byte of the body in a while',
    () => (socket) => {
      say(`HTTP/1.1 200 OK\nContent-Type: ${type}\nContent-Length: 1000000`)(socket);
      drip(socket, '', 50);
    },
  ],
  ['nothing', () => () => undefined],
  [
    '101, and another protocol',
    () => say('HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: Upgrade', 'hello'),
  ],
  ['100 without end', () => (socket) => flood(socket, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000))],
  [
    '103 without end',
    () => (socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(1000)),
  ],
  ['another protocol', () => (socket) => void socket.write('SSH-2.0-OpenSSH_9.6\r\n')],
  ['half an answer', () => (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')],
  ['two lengths', () => say('HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6', 'hello!')],
  ['a status that there is not', () => answer('999 What', '')],
  ['204', () => say('HTTP/1.1 204 No Content')],
  ...[
    'NaN',
    '-5',
    '1e30',
    '99999999999999999999',
    'Infinity',
    '',
    'Thu, 01 Jan 99999 00:00:00 GMT',
    '0x10',
  ].flatMap((wait) => [
    [`429 and Retry-After: ${wait}`, () => answer('429 Slow', `\nRetry-After: ${wait}`, '{}')] as const,
    [`503 and Retry-After: ${wait}`, () => answer('503 Later', `\nRetry-After: ${wait}`, '{}')] as const,
  ]),
];

describe.each(registry.map((row) => row.id))('%s in whose place something else answers', (id) => {
  let exporter: Exporter<unknown>;
  let batch: EncodedItem<unknown>[];
  beforeAll(async () => {
    type = TYPES[id] ?? '';
    exporter = await build(id);
    batch = batchFor(exporter);
    expect(batch.length).toBe(1);
  });
  afterAll(() => exporter.close());

  it.each(ROWS)('with %s: what was sent is held', async (_what, behaviour) => {
    type = TYPES[id] ?? '';
    behave = behaviour();
    const startedMs = performance.now();
    const result: ExportResult = await exporter.send(batch, new AbortController().signal);

    expect(performance.now() - startedMs).toBeLessThan(PATIENCE_MS);
    expect(['retryable', 'blocked'], JSON.stringify(result)).toContain(result.status);
    if (result.status === 'retryable' && result.retryAfterMs !== undefined) {
      expect(result.retryAfterMs).toBeGreaterThan(0);
      expect(result.retryAfterMs).toBeLessThanOrEqual(3_600_000);
    }
    // 4 MiB are read; what else was sent lies in the buffers of both sockets.
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
    expect([visits > 0, visitsElsewhere]).toEqual([true, 0]);
    expect(JSON.stringify(result).length).toBeLessThan(20_000);
  });
});

describe.each(['aws-xray', 'aws-cloudwatch-logs'])('%s that says 200', (id) => {
  it.each(['"ok"', '5', 'true', '<x/>', '{"UnprocessedTraceSegments":5,"rejectedLogEventsInfo":[1}'])(
    'and %s has not taken anything',
    async (body) => {
      type = TYPES[id] ?? '';
      const exporter = await build(id);
      behave = answer('200 OK', '', body);
      const result = await exporter.send(batchFor(exporter), new AbortController().signal);
      expect(result).toMatchObject({ status: 'blocked', reason: { code: 'misdirected' } });
      await exporter.close();
    },
  );
});

describe('aws-xray that says 200', () => {
  it.each(['[5]', '[null]', '[[]]', '[{"Id":5}]', '[{"Id":{}}]', '[{"ErrorCode":5}]', '[{"Message":{}}]'])(
    'and names %s as what it did not process has not taken anything',
    async (unprocessed) => {
      type = TYPES['aws-xray'] ?? '';
      const exporter = await build('aws-xray');
      behave = answer('200 OK', '', `{"UnprocessedTraceSegments":${unprocessed}}`);
      const result = await exporter.send(batchFor(exporter), new AbortController().signal);
      expect(result).toMatchObject({ status: 'blocked', reason: { code: 'misdirected' } });
      await exporter.close();
    },
  );
});
