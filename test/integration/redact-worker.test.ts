// Part of the tests: large bodies with secrets in their worker thread, as it is built: `npm run build` first.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { optionGroups } from '../../src/app/options.ts';
import { redacting } from '../../src/app/processors.ts';
import { loadConfig } from '../../src/config/load.ts';
import {
  type BackgroundRedactor,
  createBackgroundRedactor,
  HERE_BYTES,
  LARGE_BYTES,
  LARGE_DIRTY_BYTES,
} from '../../src/processors/redact/background.ts';
import { acceptedDocuments, acceptedRequest, redactorWith } from '../processors/redact/support.ts';
import { encode } from '../protocols/otlp/oracle.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';

const WORKER = join(import.meta.dirname, '..', '..', 'dist', 'workers', 'redact.js');

let clock: ManualClock;
let redactor: BackgroundRedactor;

function start(env: Record<string, string> = {}, file = WORKER): void {
  const { values } = loadConfig(optionGroups, { env });
  redactor = createBackgroundRedactor(values.redact, pathToFileURL(file), clock);
}

beforeAll(() => {
  if (!existsSync(WORKER)) throw new Error('dist/workers is missing: npm run build');
});
beforeEach(() => {
  clock = new ManualClock();
  start();
});
afterEach(() => redactor.end());

function logOf(text: string, bytes: number) {
  const body = { stringValue: text.repeat(Math.ceil(bytes / text.length)) };
  const request = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body }] }] }] };
  return acceptedRequest('logs', encode('logs', request));
}

describe('what would keep others waiting', () => {
  it('becomes what it becomes in this thread, and counts', async () => {
    const dirty = logOf('password=hunter2 x=1 ', LARGE_BYTES);
    const before = Buffer.from(dirty.payload);
    const here = redactorWith();
    const expected = here.redact({ ...dirty, payload: Buffer.from(dirty.payload) });

    const redacted = await redactor.redact(dirty);

    expect(Buffer.compare(redacted.payload, expected.payload)).toBe(0);
    expect(redacted).toMatchObject({ summary: expected.summary, origin: dirty.origin });
    expect(redacted.receivedAtMs).toBe(dirty.receivedAtMs);
    expect(redactor.counts()).toEqual(here.counts());
    expect(Buffer.compare(dirty.payload, before)).toBe(0);
  });

  it('leaves the event loop to the others meanwhile', async () => {
    const dirty = logOf('password=hunter2 x=1 ', 4 * LARGE_BYTES);
    await redactor.redact(dirty);
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);

    await redactor.redact(dirty);
    isOver = true;

    expect(turns).toBeGreaterThan(100);
  });

  it('keeps its bytes where it is clean', async () => {
    const clean = logOf('nothing to see ', 2 * LARGE_BYTES);

    expect(await redactor.redact(clean)).toBe(clean);
    expect(redactor.counts()).toEqual({});
  });

  it('may be an X-Ray document', async () => {
    const document = `{"name":"x","metadata":{"password":"hunter2","more":"${'x'.repeat(LARGE_DIRTY_BYTES)}"}}`;

    const { payload } = await redactor.redact(acceptedDocuments([document]));

    expect(Buffer.from(payload).toString('latin1')).toContain('"password":"*******"');
  });

  it('goes by own patterns, and has one hash for one value whichever thread meets it', async () => {
    start({ SIDECAST_REDACT: 'hash', SIDECAST_REDACT_PATTERNS: 'cust-[0-9]+' });
    const hashOf = async (bytes: number) => {
      const { payload } = await redactor.redact(logOf('customer cust-12345678 ', bytes));
      return /customer (hmac:[0-9a-f]{16}) /.exec(Buffer.from(payload).toString('latin1'))?.[1];
    };

    const [small, large] = [await hashOf(100), await hashOf(2 * HERE_BYTES)];

    expect(small).toBeDefined();
    expect(large).toBe(small);
  });

  it('goes no further when the thread fails, and the next one gets another thread', async () => {
    const dir = await temporaryDir();
    const broken = join(dir.path, 'broken.mjs');
    await writeFile(
      broken,
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(1));",
    );
    start({}, broken);
    const lines: string[] = [];
    const process = redacting(redactor, (_level, event) => void lines.push(event));

    for (let times = 0; times < 2; times++)
      await expect(process(logOf('password=hunter2 ', LARGE_BYTES))).rejects.toMatchObject({
        name: 'RefusedError',
        code: 'redaction_failed',
      });

    expect(lines).toEqual(['redaction_failed', 'redaction_failed']);
    await dir.remove();
  });
});

describe('what keeps nobody waiting', () => {
  it.each([
    ['a small body with a secret', 'password=hunter2 ', 1000],
    ['a larger one without', 'nothing to see ', 2 * LARGE_DIRTY_BYTES],
  ])('%s is done at once', (_what, text, bytes) => {
    expect(redactor.redact(logOf(text, bytes))).not.toBeInstanceOf(Promise);
  });

  it('a larger one with a secret is done at once where few come, and takes the thread where many do', async () => {
    const dirty = () => redactor.redact(logOf('password=hunter2 ', HERE_BYTES / 2 - 100));

    const inARow = [dirty(), dirty(), dirty()];
    clock.advance(HERE_BYTES / 2 / 1024);
    const later = dirty();

    expect([...inARow, later].map((each) => each instanceof Promise)).toEqual([false, false, true, false]);
    for (const { payload } of await Promise.all([...inARow, later]))
      expect(Buffer.from(payload).toString('latin1')).toContain('password=******* ');
  });

  it('of a record of X-Ray documents, those without a secret do not count', () => {
    const clean = Array.from(
      { length: 100 },
      (_, n) => `{"name":"n${n}","metadata":{"more":"${'x'.repeat(HERE_BYTES / 200)}"}}`,
    );
    const record = () => acceptedDocuments([...clean, '{"name":"x","metadata":{"password":"hunter2"}}']);

    const inARow = Array.from({ length: 10 }, () => redactor.redact(record()));

    for (const redacted of inARow) {
      if (redacted instanceof Promise) throw new Error('it took the thread');
      expect(Buffer.from(redacted.payload).toString('latin1')).toContain('"password":"*******"');
    }
  });
});
