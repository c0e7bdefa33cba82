// Part of the tests: streams that do not read, that break off, that are too many.
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiSources } from '../../src/admin/api/sources.ts';
import { Streams } from '../../src/admin/api/stream.ts';
import { ManualClock } from '../support/records.ts';
import { type EventStream, openStream } from '../support/stream.ts';

const ROW = 'x'.repeat(1024 * 1024);

let server: FastifyInstance;
let streams: Streams;
let clock: ManualClock;
let version = 0;
let looks = 0;
let failure: Error | undefined;
let bugs: string[] = [];
const open: EventStream[] = [];

beforeEach(async () => {
  version = 0;
  looks = 0;
  failure = undefined;
  bugs = [];
  clock = new ManualClock();
  const recent = {
    get version() {
      return version;
    },
    since: async (seen: number) => {
      looks += 1;
      if (failure) throw failure;
      return { rows: [{ id: `${seen + 1}-${version}`, name: ROW, came: ['otlp'] }], logs: [], version };
    },
    size: { traces: 1, keepsOneIn: 1 },
    heatmap: () => ({ cells: [] }),
  };
  const sources = {
    recent,
    exporters: new Map(),
    idsOf: (id: string) => ({ otlp: id, xray: id }),
    status: async () => ({ version: 'test', startedAt: 'now' }),
    pipeline: async () => ({ nowMs: 0 }),
    clock,
    onBug: (error: Error) => void bugs.push(error.message),
  } as unknown as ApiSources;
  streams = new Streams(sources);
  server = fastify({ forceCloseConnections: true });
  streams.addRoute(server);
  await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const stream of open.splice(0)) stream.close();
  await server.close();
});

const url = () => `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;

async function stream(headers: Record<string, string> = {}): Promise<EventStream> {
  const opened = await openStream(url(), headers);
  open.push(opened);
  await opened.next('pipeline');
  return opened;
}

/** A quarter of a second passes. Resolves when what it brings is written. */
async function tick(): Promise<void> {
  const before = looks;
  clock.advance(250);
  while (looks === before && streams.count > 0 && version > 0) await new Promise(setImmediate);
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

describe('a stream', () => {
  it('is told what is new, once for all who have seen the same', async () => {
    const [one, two] = [await stream(), await stream()];
    version = 3;
    await tick();

    const ids = [];
    for (const each of [one, two])
      ids.push((await each.next<{ rows: { id: string }[] }>('traces')).rows[0]?.id);

    expect(ids).toEqual(['1-3', '1-3']);
    expect(looks).toBe(1);
    expect(one.lastId).toBe('now/3');
  });

  it.each([
    ['now/2', '3-5'],
    ['of another process/2', '6-6'],
    ['now/nonsense', '6-6'],
  ])('that broke off at %s goes on with %s', async (lastId, expected) => {
    version = 5;
    const one = await stream({ 'last-event-id': lastId });
    if (expected === '6-6') version = 6;
    await tick();

    const { rows } = await one.next<{ rows: { id: string }[] }>('traces');

    expect(rows[0]?.id).toBe(expected);
  });

  it('that is not read is cut off, and nobody else notices', async () => {
    const reading = await stream();
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.pause();
    socket.write('GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    while (streams.count < 2) await new Promise(setImmediate);

    let ticks = 0;
    for (; streams.count > 1 && ticks < 100; ticks++) {
      version += 1;
      await tick();
      await reading.next('traces');
    }

    expect(streams.count).toBe(1);
    // What the kernel takes, and 1 MiB.
    expect(ticks).toBeLessThan(50);
    socket.destroy();
  });

  it('is one of 32 at most, until another is closed', async () => {
    for (let i = 0; i < 32; i++) await stream();

    const refused = await fetch(`${url()}/api/stream`);
    open.pop()?.close();
    while (streams.count === 32) await new Promise(setImmediate);

    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    await stream();
  });

  it('ends where showing fails, which is told of, and can be opened again', async () => {
    const broken = await stream();
    version = 1;
    failure = new Error('a row that cannot be shown');
    await tick();
    await expect(broken.next('traces')).rejects.toThrow();

    failure = undefined;
    const again = await stream();
    version = 2;
    await tick();
    const { rows } = await again.next<{ rows: { id: string }[] }>('traces');

    expect(bugs).toEqual(['a row that cannot be shown']);
    expect(rows[0]?.id).toBe('2-2');
  });

  it('costs nothing while nobody listens', async () => {
    (await stream()).close();
    while (streams.count > 0) await new Promise(setImmediate);
    version = 1;
    await tick();
    await tick();

    expect([looks, clock.nextAtMs]).toEqual([0, undefined]);
  });
});
