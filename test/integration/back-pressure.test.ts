// Part of the tests: more than fits in memory is turned away before it is read, and counted by cause.
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpanKind } from '../../src/model/otlp.ts';
import { encodeTraces } from '../../src/protocols/otlp/encode.ts';
import { type Sandbox, sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';

const SABOTAGE = join(import.meta.dirname, '..', 'support', 'sabotage.mjs');
const MIB = 1024 * 1024;
const MAX_IN_FLIGHT_BYTES = 32 * MIB;
/** The chunks of a body, the body, its way to the disk and to one vendor, and what the collector has not seen yet. */
const COPIES = 6;
/**
 * Node reads into 64 KiB buffers, also what is read past (1.6 GB here), and V8 looks at what lies outside its heap when that
 * has grown by 64 MiB (kExternalAllocationSoftLimit): 180 to 245 MB were measured on Node 24, 110 to 175 on 20.
 */
const UNCOLLECTED_BYTES = 64 * MIB;
const MAX_GROWN_BYTES = COPIES * MAX_IN_FLIGHT_BYTES + UNCOLLECTED_BYTES;
const CLIENTS = 200;

let sandbox: Sandbox;
let sidecast: Sidecast;

const start = async (settings: Readonly<Record<string, string>> = {}) => {
  const { HONEYCOMB_API_KEY = '', HONEYCOMB_API_ENDPOINT = '' } = sandboxSettings(sandbox.url);
  const vendor = { HONEYCOMB_API_KEY, HONEYCOMB_API_ENDPOINT };
  sidecast = await startSidecast({ ...vendor, ...settings }, { preload: SABOTAGE });
};
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await sidecast.stop();
  await sandbox.close();
});

/** 8 MiB. */
function largeBody(): Uint8Array {
  const spans = Array.from({ length: 64 }, (_, index) => ({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: `eee19b7ec3c1${String(index).padStart(4, '0')}`,
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: 'large',
    kind: SpanKind.INTERNAL,
    startTimeUnixNano: 1_800_000_000_000_000_000n,
    endTimeUnixNano: 1_800_000_000_100_000_000n,
    attributes: new Map([['text', 'x'.repeat(128 * 1024)]]),
    events: [],
    links: [],
    status: { code: 0, message: '' },
  }));
  const resource = { attributes: new Map([['service.name', 'backend-flask']]) };
  return encodeTraces([{ resource, scope: { name: 'load', version: '', attributes: new Map() }, spans }]);
}

/** Of the process, since it started. */
const peakBytes = () =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${sidecast.pid}/status`, 'utf8'))?.[1]) * 1024;

interface Answer {
  status: number | undefined;
  retryAfter: string | undefined;
}

/** An upload in two halves, of which the second one waits to be asked for. */
function upload(body: Uint8Array, headers: http.OutgoingHttpHeaders) {
  const request = http.request(`${sidecast.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      response
        .resume()
        .once('end', () =>
          resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'] }),
        );
    });
  });
  const write = async (from: number, to: number) => {
    for (let at = from; at < to; at += 64 * 1024) {
      const chunk = body.subarray(at, Math.min(to, at + 64 * 1024));
      await new Promise<void>((resolve) => request.write(chunk, () => resolve()));
    }
  };
  return {
    firstHalf: () => write(0, body.length >> 1),
    async rest() {
      await write(body.length >> 1, body.length);
      request.end();
      return answer;
    },
  };
}

/** All at once; each holds its first half until all have sent theirs. */
async function uploadAll(body: Uint8Array, headers: http.OutgoingHttpHeaders): Promise<Answer[]> {
  const uploads = Array.from({ length: CLIENTS }, () => upload(body, headers));
  await Promise.all(uploads.map(({ firstHalf }) => firstHalf()));
  return Promise.all(uploads.map(({ rest }) => rest()));
}

describe.skipIf(!existsSync('/proc/self/status'))('two hundred large uploads at once', () => {
  it.each<[string, (body: Uint8Array) => http.OutgoingHttpHeaders]>([
    ['that say how long they are', (body) => ({ 'content-length': body.length })],
    ['that do not', () => ({ 'transfer-encoding': 'chunked' })],
  ])('%s fill no more memory than a few do: the others are told when to come again', async (_, headers) => {
    await start();
    const body = largeBody();
    const idleBytes = peakBytes();
    const answers = await uploadAll(body, headers(body));
    const taken = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 503);

    expect(taken.length + refused.length).toBe(CLIENTS);
    expect(taken.length).toBeGreaterThan(0);
    // One whose half was still in the socket may come in when another is done: few, and never most.
    expect(taken.length).toBeLessThan(CLIENTS / 10);
    for (const { retryAfter } of refused) expect(retryAfter).toMatch(/^[123]$/);
    const { receivers } = await eventually(
      () => sidecast.status(),
      ({ destinations }) => destinations.honeycomb.counts.queued === 0,
    );
    expect(receivers.otlp).toMatchObject({
      accepted: { spans: taken.length * 64 },
      refused: { overloaded: refused.length },
    });
    expect(peakBytes() - idleBytes).toBeLessThan(MAX_GROWN_BYTES);
  });

  it('are bounded by what they inflate to', async () => {
    await start();
    const idleBytes = peakBytes();
    const bomb = gzipSync(Buffer.alloc(19 * MIB));
    const answers = await uploadAll(bomb, { 'content-encoding': 'gzip', 'content-length': bomb.length });

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400, 503]));
    expect(peakBytes() - idleBytes).toBeLessThan(MAX_GROWN_BYTES);
  });
});

describe('more datagrams than can be taken', () => {
  const HEADER = '{"format":"json","version":1}\n';
  const PADDING = 'x'.repeat(1000);
  let sent = 0;
  beforeEach(() => {
    sent = 0;
  });

  function datagram(index: number): string {
    const id = index.toString(16).padStart(16, '0');
    const seconds = Date.now() / 1000;
    const segment = {
      id,
      name: 'backend-flask',
      trace_id: `1-${Math.floor(seconds).toString(16)}-${id.padStart(24, '0')}`,
      start_time: seconds,
      end_time: seconds,
      metadata: { padding: PADDING },
    };
    return HEADER + JSON.stringify(segment);
  }

  async function flood(datagrams: number): Promise<void> {
    const socket = createSocket('udp4');
    for (const last = sent + datagrams; sent < last; sent += 1)
      await new Promise<void>((resolve) => {
        socket.send(datagram(sent), sidecast.xrayPort, '127.0.0.1', () => resolve());
      });
    socket.close();
  }

  const xray = async () => (await sidecast.status()).receivers['aws-xray'];

  /** Accepted, refused by reason, dropped by the kernel: together they are what was sent. */
  const books = () =>
    eventually(
      xray,
      ({ accepted, refused, kernelDrops }) => {
        const turnedAway = Object.values(refused).reduce((sum, count) => sum + count, 0);
        return accepted.segments + turnedAway + (kernelDrops ?? 0) === sent;
      },
      30_000,
    );

  it.skipIf(!existsSync('/proc/net/udp'))(
    'are counted as dropped by the kernel when it has no room',
    async () => {
      await start({ SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: '4096' });
      await flood(20_000);

      const { accepted, kernelDrops } = await books();
      expect(accepted.segments).toBeGreaterThan(0);
      expect(kernelDrops).toBeGreaterThan(0);
    },
  );

  it('are counted as refused when the journal does not keep up', async () => {
    await start({ SIDECAST_JOURNAL_FSYNC: 'always' });
    await sidecast.tell({ stallMs: 3000 });
    // A slow machine leaves some of them to the kernel: it goes on until there is no room behind the socket either.
    do await flood(4000);
    while (sent < 200_000 && !(await xray()).refused.overloaded);
    await sidecast.tell({ stallMs: 0 });

    const { accepted, refused } = await books();
    expect(accepted.segments).toBeGreaterThan(0);
    expect(refused.overloaded).toBeGreaterThan(0);
  });
});
