// Part of the tests: the log in the X-Ray daemon's form, and the file that it may go to.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEvents } from '../../src/telemetry/events.ts';
import { openLogFile } from '../../src/telemetry/log-file.ts';
import type { LogLevel } from '../../src/telemetry/logger.ts';
import { createXRayLog, inGoWords } from '../../src/telemetry/xray-lines.ts';
import { temporaryDir } from '../support/records.ts';

const AT = new Date('2026-02-03T04:05:06.789Z');

function lines(level: LogLevel = 'trace') {
  const written: string[] = [];
  const log = createXRayLog(
    level,
    (line) => void written.push(line),
    () => AT,
  );
  return { log, events: createEvents(log, () => AT.getTime()), written };
}
/** Without the time. */
const texts = (written: readonly string[]) => written.map((line) => line.trimEnd().slice(line.indexOf('[')));

describe(createXRayLog, () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['UTC', '2026-02-03T04:05:06Z'],
    ['Asia/Kolkata', '2026-02-03T09:35:06+05:30'],
    ['America/St_Johns', '2026-02-03T00:35:06-03:30'],
  ])('writes the time as Go does in %s', (zone, time) => {
    vi.stubEnv('TZ', zone);
    const { log, written } = lines();

    log('info', 'nothing_special', 'it happened');

    expect(written).toEqual([`${time} [Info] It happened\n`]);
  });

  it.each(['trace', 'debug', 'info', 'warn', 'error'] as const)(
    'knows the level %s, and what is below it',
    (level) => {
      const { log, written } = lines(level);

      for (const each of ['error', 'warn', 'info', 'debug', 'trace'] as const)
        log(each, 'nothing_special', each);

      expect(texts(written)).toContain(
        `[${level[0]?.toUpperCase()}${level.slice(1)}] ${level[0]?.toUpperCase()}${level.slice(1)}`,
      );
      expect(written).toHaveLength(5 - ['trace', 'debug', 'info', 'warn', 'error'].indexOf(level));
    },
  );

  it('says of a batch what people look for', () => {
    const { events, written } = lines('info');

    events.batchSent('aws-xray', { documents: 50, unprocessed: 0, elapsedMs: 123, reasons: [] });
    events.batchSent('aws-xray', {
      documents: 50,
      unprocessed: 1,
      elapsedMs: 4_567,
      reasons: ['{"Id":"a"}'],
    });

    expect(texts(written)).toEqual([
      '[Info] Successfully sent batch of 50 segments (0.123 seconds)',
      '[Info] Sent batch of 50 segments but had 1 Unprocessed segments (4.567 seconds)',
      '[Error] Unprocessed segment: {"Id":"a"}',
    ]);
  });

  it('says of X-Ray that it takes nothing, what becomes of the data, and what to do', () => {
    const { events, written } = lines();
    const state = (code: 'not_configured' | 'no_credentials' | 'throttled') =>
      events.destinationState('aws-xray', 'blocked', { code, message: 'why', fix: 'Do it.' }, 7);

    state('not_configured');
    state('no_credentials');
    state('throttled');
    events.destinationState(
      'honeycomb',
      'blocked',
      { code: 'unauthorized', message: 'why', fix: 'Do it.' },
      7,
    );

    const fate = '7 segments are kept, more are taken, and all are sent later. Do it.';
    expect(texts(written)).toEqual([
      `[Error] Cannot fetch region variable from config file, environment variables, ecs metadata, or ec2 metadata. ${fate}`,
      `[Error] Unable to retrieve credentials: why. ${fate}`,
      `[Error] Sending segment batch failed with: why. ${fate}`,
      expect.stringMatching(/^\[Error\] Honeycomb is blocked: .*fix=Do it\./),
    ]);
  });

  it('says the rest in the daemon’s words where it has some', () => {
    const { log, events, written } = lines('info');

    events.awsConnected({
      service: 'xray',
      region: 'r',
      from: 'f',
      endpoint: new URL('https://x.example.com'),
    });
    events.listening({
      otlp: [],
      xrayUdp: ['0.0.0.0:2000'],
      xrayTcp: ['0.0.0.0:2000'],
      admin: ['0.0.0.0:4319'],
    });
    events.journalEvicted('aws-xray', 9, 'journal_full');
    log('warn', 'datagram_malformed', 'no segment', { code: 'bad_header', datagrams: 2, peer: '10.0.0.1' });
    log('warn', 'datagram_malformed', 'no segment', { code: 'no_header', datagrams: 2, peer: '10.0.0.1' });
    log('warn', 'datagram_lost', 'lost', {
      code: 'overloaded',
      datagrams: 3,
      peer: '10.0.0.1',
      fix: 'Do it.',
    });
    events.shutdown('SIGINT');

    expect(texts(written)).toEqual([
      '[Info] Using region: r',
      '[Info] HTTP Proxy server using X-Ray Endpoint : https://x.example.com',
      '[Info] Starting proxy http server on 0.0.0.0:2000',
      '[Info] Sidecast also listens: OTLP/HTTP on no port, page on 0.0.0.0:4319',
      '[Warn] Spilling over 9 segments (journal_full)',
      '[Warn] Invalid header: 2 datagrams, the last from 10.0.0.1',
      '[Warn] Missing header or segment: 2 datagrams, the last from 10.0.0.1',
      '[Warn] Segment dropped. Consider increasing memory limit: 3 segments (overloaded). Do it.',
      '[Info] Got shutdown signal: interrupt',
    ]);
  });
});

describe('the buffers', () => {
  const said = (askedBytes: number, bytes: number) => {
    const { log, written } = lines('info');
    log('info', 'receive_buffer', '', { askedBytes, bytes });
    return texts(written);
  };

  it('are counted as the daemon does, and the limit is what was asked for', () => {
    expect(said(3 * 1024 * 1024, 6 * 1024 * 1024)).toEqual([
      '[Info] Using buffer memory limit of 3 MB',
      '[Info] 96 segment buffers allocated',
    ]);
  });

  it('are fewer where the kernel gives less, and the line says why', () => {
    expect(said(8 * 1024 * 1024, 425_984)).toEqual([
      '[Info] Using buffer memory limit of 8 MB',
      '[Info] 6 segment buffers allocated (the kernel gives 425984 bytes: net.core.rmem_max is what it gives at most)',
    ]);
  });

  it("are the kernel's own without a limit", () => {
    expect(said(0, 212_992)).toEqual(['[Info] 3 segment buffers allocated']);
  });
});

describe(inGoWords, () => {
  it.each([
    ['bind EADDRINUSE 0.0.0.0:2000', 'listen udp 0.0.0.0:2000: bind: address already in use'],
    ['listen EADDRINUSE: address already in use :::2000', 'listen tcp :::2000: bind: address already in use'],
    ['bind EACCES 0.0.0.0:20', 'listen udp 0.0.0.0:20: bind: permission denied'],
    ['getaddrinfo EAI_AGAIN xray-daemon', 'lookup xray-daemon: no such host'],
    ['something else', 'something else'],
  ])('%s: %s', (ours, go) => {
    expect(inGoWords(new Error(ours))).toBe(go);
    expect(inGoWords(new Error('X-Ray', { cause: new Error(ours) }))).toBe(go === ours ? 'X-Ray' : go);
  });
});

describe(openLogFile, () => {
  async function inFolder(): Promise<string> {
    const dir = await temporaryDir();
    cleanups.push(dir.remove);
    return dir.path;
  }
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  it('makes its folder, goes on where the file ends, and keeps one old file when it is full', async () => {
    const path = join(await inFolder(), 'deep', 'xray.log');
    openLogFile(path, 100).write('first\n');

    const file = openLogFile(path, 'first\nsecond\n'.length);
    for (const line of ['second\n', 'third\n', 'fourth\n', 'fifth\n']) file.write(line);

    expect(await readFile(`${path}.1`, 'utf8')).toBe('third\nfourth\n');
    expect(await readFile(path, 'utf8')).toBe('fifth\n');
  });

  it('grows for ever when told so', async () => {
    const path = join(await inFolder(), 'xray.log');
    await writeFile(path, 'x'.repeat(1000));

    openLogFile(path, Number.POSITIVE_INFINITY).write('more\n');

    expect((await readFile(path, 'utf8')).length).toBe(1005);
  });

  it('throws where nothing can be written', async () => {
    const path = join(await inFolder(), 'file');
    await writeFile(path, '');

    expect(() => openLogFile(join(path, 'xray.log'), 1)).toThrow(/ENOTDIR|EEXIST/);
  });
});
