// Part of the tests: large JSON bodies in their worker thread, as it is built: `npm run build` first.
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { convertJson } from '../../src/receivers/otlp/convert-json.ts';
import {
  createJsonConverter,
  type JsonConverter,
  LARGE_JSON_BYTES,
} from '../../src/receivers/otlp/json-converter.ts';
import { eventually } from '../support/app.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';

const WORKER = join(import.meta.dirname, '..', '..', 'dist', 'workers', 'otlp-json.js');

const span = (spanId: string) => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId,
  name: 'x'.repeat(90),
  kind: 2,
});
const requestOf = (count: number, spanId = 'b7ad6b7169203331') =>
  JSON.stringify({
    resourceSpans: [
      { scopeSpans: [{ spans: new Array(count).fill(span('b7ad6b7169203331')).concat(span(spanId)) }] },
    ],
  });

const inThisThread = async (text: string) => convertJson('traces', Buffer.from(text));

let clock: ManualClock;
let converter: JsonConverter;

beforeAll(() => {
  if (!existsSync(WORKER)) throw new Error('dist/workers is missing: npm run build');
});
beforeEach(() => {
  clock = new ManualClock();
  converter = createJsonConverter(pathToFileURL(WORKER), clock);
});
afterEach(() => converter.end());

describe('a large body', () => {
  it('becomes what it becomes in this thread, whether its memory is its own or shared', async () => {
    const body = Buffer.from(requestOf(3000, 'abcd'));
    expect(body.length).toBeGreaterThan(LARGE_JSON_BYTES);
    const here = convertJson('traces', body);
    const shared = Buffer.concat([Buffer.alloc(7), body]).subarray(7);

    const converted = await Promise.all([
      converter.convert('traces', shared),
      converter.convert(undefined, Buffer.from(body)),
    ]);

    for (const one of converted) {
      expect(one?.signal).toBe('traces');
      expect(one?.found).toEqual(here?.found);
      expect(Buffer.compare(one?.protobuf ?? Buffer.alloc(0), here?.protobuf ?? Buffer.alloc(0))).toBe(0);
    }
    expect(here?.found).toMatchObject({ invalid: [3000], summary: { items: 3001, serverSpans: 3001 } });
    expect(shared.length).toBe(body.length);
  });

  it('that is malformed is refused with the same words', async () => {
    const broken = `${requestOf(3000).slice(0, -3)}!`;
    const here = await inThisThread(broken).catch((error: unknown) => error);
    const there = await converter.convert('traces', Buffer.from(broken)).catch((error: unknown) => error);
    expect(there).toEqual(here);
    expect(there).toMatchObject({ name: 'MalformedError' });
  });

  it('that does not show its signal is not guessed at', async () => {
    const body = Buffer.from(JSON.stringify({ something: 'x'.repeat(LARGE_JSON_BYTES) }));
    expect(await converter.convert(undefined, body)).toBeUndefined();
  });
});

describe('the thread', () => {
  const threads = () => readdirSync('/proc/self/task').length;

  it('is not started for small bodies, and a file that is missing fails the large ones', async () => {
    const nowhere = createJsonConverter(pathToFileURL(`${WORKER}.missing`), clock);
    expect((await nowhere.convert('traces', Buffer.from(requestOf(1))))?.found.summary.items).toBe(2);
    await expect(nowhere.convert('traces', Buffer.from(requestOf(3000)))).rejects.toThrow(
      'Cannot find module',
    );
  });

  it.runIf(existsSync('/proc/self/task'))('ends after 30 s without work, and starts again', async () => {
    const before = threads();
    await converter.convert('traces', Buffer.from(requestOf(3000)));
    clock.advance(29_999);
    expect(threads()).toBeGreaterThan(before);
    await converter.convert('traces', Buffer.from(requestOf(3000)));
    clock.advance(29_999);
    expect(threads()).toBeGreaterThan(before);
    clock.advance(1);
    await eventually(threads, (count) => count <= before);
    expect(await converter.convert('traces', Buffer.from(requestOf(3000)))).toMatchObject({
      signal: 'traces',
    });
  });

  it('that dies fails what it was working on, and another one takes the next body', async () => {
    const { path, remove } = await temporaryDir();
    const file = join(path, 'dies.mjs');
    await writeFile(
      file,
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(1));",
    );
    const dying = createJsonConverter(pathToFileURL(file), clock);
    const body = () => Buffer.from(requestOf(3000));
    const both = await Promise.allSettled([dying.convert('traces', body()), dying.convert('traces', body())]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(dying.convert('traces', body())).rejects.toThrow('ended');
    await remove();
  });
});
