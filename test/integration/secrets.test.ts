// Part of the tests: a full run of the built program with marked secrets in what it is sent and in its settings, and then all that came out of it.
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { type Sandbox, sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { startTcpTap, type TcpTap } from '../clients/tap.ts';
import { encode } from '../protocols/otlp/oracle.ts';
import { eventually } from '../support/app.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';

/** In every secret that is sent, and in no word beside them. */
const SENT = 'hunter2hunter2';
/** In secrets of the settings; nothing but the header of a vendor's request may carry it. */
const SET = 'settings0secret0marker';
/** Beside the secrets: shows that what was sent did arrive. */
const KEPT = 'arrives-in-the-open';
const INGEST_TOKEN = `ingest-${SET}`;
const TRACE_ID = '5f84c7a1e7d1852db8c4fd35d88bf49a';

const sandboxes = new Map<DestinationId, { sandbox: Sandbox; tap: TcpTap }>();
let sidecast: Sidecast;
let pages: string[];

beforeAll(async () => {
  for (const id of DESTINATION_IDS) {
    const sandbox = await startSandbox();
    sandboxes.set(id, { sandbox, tap: await startTcpTap(sandbox.port) });
  }
  const urlOf = (id: DestinationId) => `http://127.0.0.1:${sandboxes.get(id)?.tap.port}`;
  sidecast = await startSidecast({
    ...sandboxSettings(urlOf('honeycomb')),
    HONEYCOMB_COMPRESSION: 'none',
    AWS_ENDPOINT_URL_XRAY: urlOf('aws-xray'),
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: urlOf('aws-cloudwatch-logs'),
    ROLLBAR_ENDPOINT: `${urlOf('rollbar')}/api/1/item/`,
    SIDECAST_INGEST_TOKEN: INGEST_TOKEN,
    SIDECAST_REDACT_HASH_KEY: SET,
    SIDECAST_LOG_LEVEL: 'trace',
  });
  await sendAll();
  pages = await readPages();
});

afterAll(async () => {
  await sidecast?.stop();
  for (const { sandbox, tap } of sandboxes.values()) {
    await tap.close();
    await sandbox.close();
  }
});

const text = (stringValue: string) => ({ stringValue });
const attributes = [
  { key: 'app.note', value: text(KEPT) },
  { key: 'db.password', value: text(SENT) },
  { key: 'http.request.header.cookie', value: { arrayValue: { values: [text(`sid=${SENT}`)] } } },
  { key: 'http.url', value: text(`https://jane:${SENT}@shop.example/pay?token=${SENT}&x=${KEPT}`) },
  { key: 'auth', value: text(`Bearer ${SENT}`) },
  { key: 'config', value: { kvlistValue: { values: [{ key: 'api_key', value: text(SENT) }] } } },
];
const resource = { attributes: [{ key: 'service.name', value: text('shop') }, ...attributes] };
const exception = [
  { key: 'exception.type', value: text('LoginError') },
  { key: 'exception.message', value: text(`${KEPT}: wrong password=${SENT}`) },
  { key: 'exception.stacktrace', value: text(`LoginError: secret: ${SENT}\n    at login (app.js:1:1)`) },
];
const nowNano = () => String(BigInt(Date.now()) * 1_000_000n);
const span = (id: number) => ({
  spanId: Buffer.alloc(8, id),
  name: `POST /login?password=${SENT}`,
  kind: 2,
  startTimeUnixNano: nowNano(),
  endTimeUnixNano: nowNano(),
  attributes: [...attributes, { key: 'http.request.method', value: text('POST') }],
  events: [{ timeUnixNano: nowNano(), name: 'exception', attributes: exception }],
  status: { code: 2, message: `${KEPT} authorization=${SENT}` },
});

async function sendAll(): Promise<void> {
  const traces = (traceId: unknown, spanId: unknown) => ({
    resourceSpans: [
      {
        resource,
        scopeSpans: [{ scope: { name: 'lib', attributes }, spans: [{ ...span(7), traceId, spanId }] }],
      },
    ],
  });
  const log = {
    timeUnixNano: nowNano(),
    body: text(`{"note":"${KEPT}","password":"${SENT}"}`),
    attributes: [...attributes, ...exception],
  };
  const logs = {
    resourceLogs: [
      { resource, scopeLogs: [{ logRecords: [log, { ...log, body: text(`${KEPT} api_key: ${SENT}`) }] }] },
    ],
  };
  const point = { timeUnixNano: nowNano(), asInt: '1', attributes };
  const metrics = {
    resourceMetrics: [
      { resource, scopeMetrics: [{ metrics: [{ name: 'logins', gauge: { dataPoints: [point] } }] }] },
    ],
  };
  const protobuf = { 'content-type': 'application/x-protobuf' };
  const json = { 'content-type': 'application/json' };

  await post('traces', encode('traces', traces(Buffer.from(TRACE_ID, 'hex'), Buffer.alloc(8, 7))), protobuf);
  await post('traces', JSON.stringify(traces(TRACE_ID, '0808080808080808')), json);
  await post('logs', encode('logs', logs), protobuf);
  await post('logs', JSON.stringify(logs), json);
  await post('metrics', encode('metrics', metrics), protobuf);
  // What is turned away must not tell either.
  await post('traces', `{"password":"${SENT}"`, json, 400);
  await post('traces', `\xff${SENT}`, protobuf, 400);
  await post(`nothing?token=${SENT}`, '{}', json, 404);
  await post('traces', '{}', { ...json, authorization: `Bearer ${SENT}` }, 401);
  await sendDocuments();
  await eventually(
    () => sidecast.status(),
    ({ destinations, receivers }) =>
      receivers['aws-xray'].accepted.segments === 2 &&
      DESTINATION_IDS.every(
        (id) => destinations[id].counts.accepted > 0 && destinations[id].counts.queued === 0,
      ),
  );
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
  const said = await answer.text();
  expect(answer.status, said).toBe(expected);
  expect(said).not.toContain(SENT);
}

async function sendDocuments(): Promise<void> {
  const now = Date.now() / 1000;
  const escaped = [...SENT].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('');
  const document = (id: string, secret: string, name: string) =>
    `{"name":"shop-xray","id":"${id}","trace_id":"1-${Math.floor(now).toString(16)}-b8c4fd35d88bf49a5f84c7a1",` +
    `"start_time":${now - 1},"end_time":${now},"fault":true,"annotations":{"note":"${KEPT}","${name}":"${secret}"},` +
    `"metadata":{"default":{"auth":{"api_key":"${secret}","card":4111111111111111}}},` +
    `"http":{"request":{"method":"GET","url":"https://jane:${secret}@shop.example/?token=${secret}"},"response":{"status":500}},` +
    `"cause":{"exceptions":[{"id":"${id}","type":"LoginError","message":"${KEPT} password=${secret}"}]}}`;
  await sendDatagrams(sidecast.xrayPort, [
    datagramOf(document('b8c4fd35d88bf491', SENT, 'password')),
    datagramOf(document('b8c4fd35d88bf492', escaped, String.raw`pass\u0077ord`)),
    `{"password":"${SENT}"}\nno document`,
  ]);
}

async function readPages(): Promise<string[]> {
  const paths = ['/', '/status', '/metrics', '/livez', '/readyz'];
  return Promise.all(paths.map(async (path) => (await fetch(`${sidecast.adminUrl}${path}`)).text()));
}

describe('what destinations receive', () => {
  it.each(DESTINATION_IDS)('holds no secret, at %s', (id) => {
    const received = sandboxes.get(id)?.tap.received() ?? '';

    expect(received).toContain(KEPT);
    expect(received).not.toContain(SENT);
    expect(received).not.toContain('4111111111111111');
    expect(received.toLowerCase()).not.toContain('\\u0068\\u0075\\u006e\\u0074\\u0065\\u0072');
    expect(received).not.toContain(SET);
  });
});

describe('what the process writes and answers', () => {
  it('holds no secret: log, page, status and metrics', () => {
    const all = [...sidecast.logs, ...pages].join('\n');

    expect(sidecast.logs.length).toBeGreaterThan(3);
    expect(all).toContain('otlp_refused');
    for (const secret of [SENT, SET, 'sandbox/secret/access/key', 'hcaik_', '5a0db0c55a0db0c5'])
      expect(all, secret).not.toContain(secret);
  });

  it('says how much was taken out, by rule', async () => {
    const { redaction } = await sidecast.status();

    expect(redaction.mode).toBe('mask');
    expect(redaction.replaced).toMatchObject({
      secret_name: expect.any(Number),
      url_userinfo: expect.any(Number),
      bearer_token: expect.any(Number),
      card_number: 2,
    });
    expect(pages.join('\n')).toContain(`sidecast_redacted_values_total{rule="card_number"} 2`);
  });

  it('holds no secret on disk, where everything is for its own user alone', () => {
    const entries = readdirSync(sidecast.dataDir, { recursive: true, withFileTypes: true });
    const pathOf = (entry: Dirent) => join(entry.parentPath, entry.name);
    const files = entries.filter((entry) => entry.isFile()).map(pathOf);
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

    expect(files.filter((path) => path.endsWith('.seg')).length).toBeGreaterThan(0);
    for (const path of files) {
      expect(readFileSync(path, 'latin1'), path).not.toContain(SENT);
      expect(modeOf(path), path).toBe('600');
    }
    for (const path of entries.filter((entry) => entry.isDirectory()).map(pathOf))
      expect(modeOf(path), path).toBe('700');
  });
});
