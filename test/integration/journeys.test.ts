// Part of the tests: what clients sent, through real sockets, to four vendors as strict as the real ones.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isConserved } from '../../src/ledger/account.ts';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { sendDatagrams } from '../support/datagrams.ts';
import { temporaryDir } from '../support/records.ts';

const CAPTURES = join(import.meta.dirname, '..', 'fixtures', 'captures');
const capture = (path: string) => readFileSync(join(CAPTURES, path));
const datagrams = (folder: string) =>
  readdirSync(join(CAPTURES, folder))
    .filter((name) => name.endsWith('.udp.txt'))
    .map((name) => ({ name, bytes: capture(join(folder, name)) }));

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = await startSandbox();
  app = await startTestApp(settingsOf(sandbox));
});
afterEach(async () => {
  await app.shutdown('test');
  await sandbox.close();
});

async function post(path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${app.otlpUrl}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-protobuf', ...headers },
  });
}

const sendDatagram = (bytes: Uint8Array) => sendDatagrams(app.xrayPort, [bytes]);

const flushed = async (accepted: number) =>
  eventually(
    () => app.status(),
    ({ destinations }) =>
      DESTINATION_IDS.every(
        (id) => destinations[id].counts.queued === 0 && destinations[id].counts.accepted === accepted,
      ),
  );

describe('spans of the Python SDK', () => {
  it('reach Honeycomb as they were, X-Ray as documents, CloudWatch Logs as access lines and Rollbar as exceptions', async () => {
    const batches = ['python-otel/01-traces-batch-1.bin', 'python-otel/02-traces-batch-2-errors.bin'];
    for (const path of batches) expect((await post('/v1/traces', capture(path))).status).toBe(200);
    const { receivers } = await app.status();
    const spans = receivers.otlp.accepted.spans;

    const { destinations } = await flushed(spans);

    expect(spans).toBeGreaterThan(30);
    expect(sandbox.counts().honeycomb.uniqueItems).toBe(spans);
    expect(destinations.honeycomb.counts).toMatchObject({ accepted: spans, delivered: spans });
    expect(destinations['aws-xray'].counts).toMatchObject({ delivered: spans, rejected: 0 });
    expect(sandbox.counts()['aws-xray'].uniqueItems).toBe(spans);
    expect(destinations['aws-cloudwatch-logs'].counts.delivered).toBeGreaterThan(10);
    expect(destinations.rollbar.counts.delivered).toBeGreaterThan(0);
    expect(JSON.stringify(sandbox.items('rollbar'))).toContain('"class":"ValueError"');
    for (const id of DESTINATION_IDS) expect(isConserved(destinations[id].counts)).toBe(true);
  });

  it.each(['03-traces-gzip', '05-traces-deflate', '08-traces-2023-sdk-gzip', '07-traces-posted-to-root'])(
    'arrive from %s',
    async (name) => {
      const encoding = name.includes('gzip') ? 'gzip' : name.includes('deflate') ? 'deflate' : undefined;
      const path = name.includes('root') ? '/' : '/v1/traces';

      const answer = await post(
        path,
        capture(`python-otel/${name}.bin`),
        encoding ? { 'content-encoding': encoding } : {},
      );

      expect(answer.status).toBe(200);
      await eventually(
        () => sandbox.counts().honeycomb.items,
        (items) => items > 0,
      );
    },
  );
});

describe('logs and metrics', () => {
  it('arrive at Honeycomb; logs at CloudWatch Logs as well, exceptions at Rollbar', async () => {
    await post('/v1/logs', capture('python-otel-auto/01-logs.bin'));
    await post('/v1/metrics', capture('python-otel-auto/03-metrics.bin'));
    await post('/v1/logs', capture('node-otel/02-logs-json.json'), { 'content-type': 'application/json' });
    const { receivers } = await app.status();
    const { logs, metrics } = receivers.otlp.accepted;

    const { destinations } = await flushed(logs + metrics);

    expect(logs).toBeGreaterThan(3);
    expect(metrics).toBeGreaterThan(1);
    expect(destinations.honeycomb.counts.delivered).toBe(logs + metrics);
    expect(destinations['aws-cloudwatch-logs'].counts).toMatchObject({ delivered: logs, skipped: metrics });
    expect(destinations.rollbar.counts.delivered).toBeGreaterThan(0);
  });
});

describe('X-Ray segments', () => {
  it.each(['python-xray', 'node-xray', 'go-xray', 'java-xray'])(
    'of %s reach X-Ray byte for byte, but for what is secret, and Honeycomb as spans',
    async (folder) => {
      const sent = datagrams(folder);
      for (const { bytes } of sent) await sendDatagram(bytes);

      const { destinations } = await flushed(sent.length);

      const arrived = new Set(
        sandbox.items('aws-xray').map((item) => (typeof item === 'string' ? item : JSON.stringify(item))),
      );
      for (const { name, bytes } of sent) {
        const document = bytes
          .subarray(bytes.indexOf(0x0a) + 1)
          .toString('utf8')
          .replace('?token=abc', '?token=***');
        expect(arrived.has(document), name).toBe(true);
      }
      expect(destinations['aws-xray'].counts).toMatchObject({ delivered: sent.length });
      expect(destinations.honeycomb.counts).toMatchObject({ delivered: sent.length });
      expect(sandbox.counts().honeycomb.refused).toBe(0);
    },
  );
});

describe('a restart', () => {
  it('delivers what waited while a vendor was down, once', async () => {
    const dir = await temporaryDir();
    let held = await startTestApp(settingsOf(sandbox), dir.path);
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });
    await fetch(`${held.otlpUrl}/v1/traces`, {
      method: 'POST',
      body: capture('python-otel/01-traces-batch-1.bin'),
      headers: { 'content-type': 'application/x-protobuf' },
    });
    await eventually(
      () => held.status(),
      ({ destinations }) => destinations.honeycomb.state === 'retrying',
    );
    const before = await held.status();
    await held.shutdown('test');
    sandbox.setFault('honeycomb', { kind: 'none' });

    held = await startTestApp(settingsOf(sandbox), dir.path);
    const after = await eventually(
      () => held.status(),
      ({ destinations }) =>
        destinations.honeycomb.counts.delivered > 0 && destinations.honeycomb.counts.queued === 0,
    );

    expect(after.destinations.honeycomb.counts.accepted).toBe(before.destinations.honeycomb.counts.queued);
    expect(sandbox.counts().honeycomb.items).toBe(sandbox.counts().honeycomb.uniqueItems);
    await held.shutdown('test');
    await dir.remove();
  });
});

describe('the admin port', () => {
  it('answers probes, status, metrics and a page', async () => {
    await post('/v1/traces', capture('python-otel/04-traces-small.bin'));
    const text = async (path: string) => (await fetch(`${app.adminUrl}${path}`)).text();

    expect((await fetch(`${app.adminUrl}/livez`)).status).toBe(200);
    expect((await fetch(`${app.adminUrl}/readyz`)).status).toBe(200);
    const status = JSON.parse(await text('/status')) as {
      receivers: { otlp: { accepted: { spans: number } } };
    };
    expect(await text('/metrics')).toContain(
      `sidecast_receiver_accepted_spans_total{receiver="otlp"} ${status.receivers.otlp.accepted.spans}`,
    );
    expect(await text('/')).toContain('CloudWatch Logs');
  });

  it('says why a destination is off and how to turn it on', async () => {
    const bare = await startTestApp({});
    const { destinations } = await bare.status();

    for (const id of DESTINATION_IDS)
      expect(destinations[id]).toMatchObject({ state: 'off', reason: { code: 'not_configured' } });
    expect(destinations.honeycomb.reason?.fix).toContain('HONEYCOMB_API_KEY');
    expect(
      (
        await fetch(`${bare.otlpUrl}/v1/traces`, {
          method: 'POST',
          body: capture('python-otel/04-traces-small.bin'),
          headers: { 'content-type': 'application/x-protobuf' },
        })
      ).status,
    ).toBe(200);
    await bare.shutdown('test');
  });
});
