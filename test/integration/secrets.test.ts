// Part of the tests: a full run of the built program with marked secrets in all that it is sent and in its settings, and then all that
// came out of it.
import { createSocket } from 'node:dgram';
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trace, TraceList } from '../../src/admin/api/shapes.ts';
import type { LogList } from '../../src/admin/api/traces.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { type Fault, type Sandbox, sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { startTcpTap, type TcpTap } from '../clients/tap.ts';
import { eventually } from '../support/app.ts';
import { startTyped, type } from '../support/cli.ts';
import { CARD, KEPT, markedDatagrams, markedRequests, SENT } from '../support/marked.ts';
import { escaped, formsOf } from '../support/secret-forms.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';

/** In secrets of the settings; nothing but the header of a vendor's request may carry it. */
const SET = 'settings0secret0marker';
const INGEST_TOKEN = `ingest-${SET}`;
const OF_SETTINGS = [SET, 'sandbox/secret/access/key', 'sandbox0sandbox0', '5a0db0c55a0db0c5'];
/** Each refuses some of it for good, so that there are dead letters. */
const FAULTS: Readonly<Record<DestinationId, Fault>> = {
  honeycomb: { kind: 'status', status: 400 },
  'aws-xray': { kind: 'partial' },
  'aws-cloudwatch-logs': { kind: 'status', status: 400 },
  rollbar: { kind: 'status', status: 422 },
};

it.each([
  ['as it is', `password=${SENT}`],
  ['in escapes of JSON', escaped(SENT)],
  ['in escapes of JSON', JSON.stringify(JSON.stringify(escaped(SENT)))],
  ['in escapes of JSON', SENT.slice(0, 6) + escaped(SENT.slice(6))],
  ['percent-encoded', [...SENT].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('')],
  ['in base64', Buffer.from(`"password":"${SENT}"`).toString('base64')],
  ['in base64', Buffer.from(`a${SENT}`).toString('base64')],
  ['in base64', Buffer.from(`ab${SENT}`).toString('base64')],
  ['in hex', Buffer.from(SENT).toString('hex')],
])('a secret is found %s', (form, text) => {
  expect(formsOf(SENT, `x${KEPT}${text}y`)).toContain(form);
  expect(formsOf(SENT, KEPT)).toEqual([]);
});

describe.each(['mask', 'hash'])('with SIDECAST_REDACT=%s', (mode) => {
  const sandboxes = new Map<DestinationId, { sandbox: Sandbox; tap: TcpTap }>();
  let settings: Record<string, string>;
  let sidecast: Sidecast;
  /** What the process answered and what commands printed. */
  const said = new Map<string, string>();

  beforeAll(async () => {
    for (const id of DESTINATION_IDS) {
      const sandbox = await startSandbox();
      sandboxes.set(id, { sandbox, tap: await startTcpTap(sandbox.port) });
    }
    const urlOf = (id: DestinationId) => `http://127.0.0.1:${sandboxes.get(id)?.tap.port}`;
    settings = {
      ...sandboxSettings(urlOf('honeycomb')),
      HONEYCOMB_COMPRESSION: 'none',
      AWS_ENDPOINT_URL_XRAY: urlOf('aws-xray'),
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: urlOf('aws-cloudwatch-logs'),
      ROLLBAR_ENDPOINT: `${urlOf('rollbar')}/api/1/item/`,
      SIDECAST_INGEST_TOKEN: INGEST_TOKEN,
      SIDECAST_REDACT: mode,
      SIDECAST_REDACT_HASH_KEY: SET,
      SIDECAST_LOG_LEVEL: 'trace',
    };
    sidecast = await startSidecast(settings, {
      preload: join(import.meta.dirname, '..', 'support', 'bug.mjs'),
    });
    settings = { ...settings, SIDECAST_ADMIN_PORT: new URL(sidecast.adminUrl).port };
    const tails = ['human', 'logfmt', 'json', 'markdown'].map(
      (form) => [form, startTyped(['tail', '--attributes', '--output', form], settings)] as const,
    );
    const stream = await openStream();
    await eventually(
      () => tails.map(([, tail]) => tail.said()),
      (lines) => lines.every((line) => line.includes('Following')),
    );

    await sendAll();
    await settled(() => true);
    for (const [id, { sandbox }] of sandboxes) sandbox.setFault(id, FAULTS[id]);
    await sendAll();
    await sendWhatIsRefused();
    await settled(({ rejected }) => rejected > 0);

    await readAll();
    said.set('/api/stream', await stream.close());
    for (const [form, tail] of tails) {
      tail.stop();
      said.set(`tail --output ${form}`, (await tail.ended).said);
    }
  }, 240_000);

  afterAll(async () => {
    await sidecast?.stop();
    for (const { sandbox, tap } of sandboxes.values()) {
      await tap.close();
      await sandbox.close();
    }
  });

  const settled = (holds: (counts: { rejected: number }) => boolean) =>
    eventually(
      () => sidecast.status(),
      ({ destinations }) =>
        DESTINATION_IDS.every((id) => {
          const { counts } = destinations[id];
          return counts.accepted > 0 && counts.queued === 0 && holds(counts);
        }),
      60_000,
    );

  let round = 0;
  const newTraceId = () =>
    Math.floor(Date.now() / 1000).toString(16) + (++round).toString(16).padStart(24, 'a');

  async function sendAll(): Promise<void> {
    const requests = markedRequests([newTraceId(), newTraceId(), newTraceId()]);
    for (const { path, body, type } of requests) await post(path, body, { 'content-type': type });
    const before = (await sidecast.status()).receivers['aws-xray'].accepted.segments;
    const datagrams = markedDatagrams(Array.from({ length: 4 }, newTraceId));
    await sendDatagrams(datagrams);
    await eventually(
      () => sidecast.status(),
      ({ receivers }) => receivers['aws-xray'].accepted.segments === before + datagrams.length,
    );
  }

  /** What is turned away must not tell either. */
  async function sendWhatIsRefused(): Promise<void> {
    const json = { 'content-type': 'application/json' };
    await post('traces', `{"password":"${SENT}"`, json, 400);
    await post('traces', `\xff${SENT}`, { 'content-type': 'application/x-protobuf' }, 400);
    await post(`nothing?token=${SENT}`, '{}', json, 404);
    await post('traces', '{}', { ...json, authorization: `Bearer ${SENT}` }, 401);
    await sendDatagrams([`{"password":"${SENT}"}\nno document`]);
    const sampling = await fetch(`http://127.0.0.1:${sidecast.xrayPort}/Nothing?token=${SENT}`, {
      method: 'POST',
      body: JSON.stringify({ password: SENT }),
      headers: { authorization: `Bearer ${SENT}` },
    });
    said.set('TCP 2000', await sampling.text());
    for (const path of [`/api/traces/${SENT}`, `/api/traces?token=${SENT}`, `/nothing?password=${SENT}`])
      await fetch(`${sidecast.adminUrl}${path}`);
  }

  async function post(
    path: string,
    body: string | Uint8Array,
    headers: Record<string, string>,
    expected = 200,
  ): Promise<void> {
    const answer = await fetch(`${sidecast.otlpUrl}/v1/${path}`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${INGEST_TOKEN}`, ...headers },
    });
    const text = await answer.text();
    expect(answer.status, text).toBe(expected);
    said.set(`POST /v1/${path.replace(SENT, '')}: ${answer.status}`, text);
  }

  async function sendDatagrams(datagrams: readonly string[]): Promise<void> {
    const socket = createSocket('udp4');
    for (const datagram of datagrams)
      await new Promise((resolve) => socket.send(datagram, sidecast.xrayPort, '127.0.0.1', resolve));
    socket.close();
  }

  async function openStream() {
    const abort = new AbortController();
    const answer = await fetch(`${sidecast.adminUrl}/api/stream`, { signal: abort.signal });
    let text = '';
    const reading = (async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString('utf8');
    })().catch(() => undefined);
    return {
      async close() {
        abort.abort();
        await reading;
        return text;
      },
    };
  }

  async function read(path: string): Promise<string> {
    const text = await (await fetch(`${sidecast.adminUrl}${path}`)).text();
    said.set(path, text);
    return text;
  }

  async function readAll(): Promise<void> {
    for (const path of ['/', '/status', '/metrics', '/livez', '/readyz', '/api/heatmap', '/api/pipeline'])
      await read(path);
    const { traces } = JSON.parse(await read('/api/traces?limit=100')) as TraceList;
    for (const { id } of traces) {
      const { spans } = JSON.parse(await read(`/api/traces/${id}`)) as Trace;
      for (const ending of ['.otlp.json', '.md']) await read(`/api/traces/${id}${ending}`);
      for (const span of spans)
        for (const destination of DESTINATION_IDS)
          await read(`/api/traces/${id}/spans/${span.id}/sent/${destination}`);
    }
    expect((JSON.parse(await read('/api/logs?limit=100')) as LogList).logs.length).toBeGreaterThan(0);
    await read('/api/compare?minMs=0&maxMs=100000');
    await read('/api/dead-letters?newest=100&full=1');
    for (const words of [
      'dead-letters --show 100',
      'dead-letters --json --show 100',
      'doctor --no-send',
      'print-config',
    ])
      said.set(words, (await type(words.split(' '), settings)).said);
  }

  function leaksIn(
    texts: Iterable<readonly [what: string, text: string]>,
    secrets: readonly string[],
  ): string[] {
    return [...texts].flatMap(([what, text]) =>
      secrets.flatMap((secret) => formsOf(secret, text).map((form) => `${what}: ${secret} ${form}`)),
    );
  }

  /** What is on disk now. */
  function files(): [path: string, text: string][] {
    const entries = readdirSync(sidecast.dataDir, { recursive: true, withFileTypes: true });
    const pathOf = (entry: Dirent) => join(entry.parentPath, entry.name);
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    for (const path of entries.filter((entry) => entry.isDirectory()).map(pathOf))
      expect(modeOf(path), path).toBe('700');
    const paths = entries.filter((entry) => entry.isFile()).map(pathOf);
    for (const path of paths) expect(modeOf(path), path).toBe('600');
    return paths.map((path) => [path, readFileSync(path, 'latin1')]);
  }

  it.each(DESTINATION_IDS)('%s receives no secret', (id) => {
    const received = sandboxes.get(id)?.tap.received() ?? '';

    expect(received).toContain(KEPT);
    expect(leaksIn([[id, received]], [SENT, CARD, SET])).toEqual([]);
  });

  it('no answer, page, stream or command tells one', () => {
    for (const what of [
      '/api/stream',
      '/api/logs?limit=100',
      '/api/dead-letters?newest=100&full=1',
      'dead-letters --show 100',
    ])
      expect(said.get(what), what).toContain(KEPT);
    for (const form of ['human', 'logfmt', 'json', 'markdown'])
      expect(said.get(`tail --output ${form}`), form).toContain(KEPT);
    for (const kind of [
      /^\/api\/traces\/\w+$/,
      /\.md$/,
      /\.otlp\.json$/,
      /sent\/rollbar$/,
      /sent\/aws-xray$/,
    ])
      expect(
        [...said].some(([what, text]) => kind.test(what) && text.includes(KEPT)),
        `${kind}`,
      ).toBe(true);

    expect(leaksIn(said, [SENT, CARD, ...OF_SETTINGS])).toEqual([]);
  });

  it('says how much was taken out, by rule', async () => {
    const { redaction } = await sidecast.status();

    expect(redaction.mode).toBe(mode);
    expect(redaction.replaced).toMatchObject({
      secret_name: expect.any(Number),
      url_userinfo: expect.any(Number),
      bearer_token: expect.any(Number),
      card_number: expect.any(Number),
    });
    expect(said.get('/metrics')).toMatch(/sidecast_redacted_values_total\{rule="card_number"\} [1-9]/);
  });

  it('nothing on disk has one, and all of it is for its own user alone', () => {
    const found = files();

    expect(found.some(([path, text]) => path.endsWith('.seg') && text.includes(KEPT))).toBe(true);
    for (const id of DESTINATION_IDS)
      expect(
        found.some(([path, text]) => path.includes(id) && path.endsWith('.jsonl') && text.includes(KEPT)),
        id,
      ).toBe(true);
    expect(leaksIn(found, [SENT, CARD, ...OF_SETTINGS])).toEqual([]);
  });

  it('neither a crash nor an orderly end leaves one in the log or on disk', async () => {
    await sidecast.tell({ kind: 'exception', text: `password=${SENT} ${OF_SETTINGS.join(' ')}` });
    expect(await sidecast.ended()).toMatchObject({ code: 1 });
    const afterCrash = files();
    await sidecast.restart();
    await sidecast.kill('SIGTERM');
    const log = sidecast.logs.join('\n');

    expect(log).toContain('otlp_refused');
    expect(log).toContain('a bug ended the process');
    expect(files().map(([path]) => path)).toContainEqual(
      expect.stringMatching(/correlation|speakers|remembered/),
    );
    expect(leaksIn([['log', log], ...afterCrash, ...files()], [SENT, CARD, ...OF_SETTINGS])).toEqual([]);
  });
});
