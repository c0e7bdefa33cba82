// Part of the tests: segments through sidecast into moto, an AWS that is not ours, and read back from there.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchGetTracesCommand, XRayClient } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { provision } from '../../src/cli/provision.ts';
import { decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { toXRayTraceId } from '../../src/protocols/xray/ids.ts';
import { parseSegment } from '../../src/protocols/xray/segment.ts';
import { eventually } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type Moto, startMoto } from './moto.ts';

const CAPTURES = join(import.meta.dirname, '..', 'fixtures', 'captures');
const CREDENTIALS = { accessKeyId: 'AKIAMOTO000000000000', secretAccessKey: 'moto-takes-any' };
const hasPython = spawnSync('python3', ['--version']).status === 0;

const datagrams = ['python-xray', 'node-xray', 'go-xray', 'java-xray'].flatMap((folder) =>
  readdirSync(join(CAPTURES, folder))
    .filter((name) => name.endsWith('.udp.txt'))
    .map((name) => readFileSync(join(CAPTURES, folder, name))),
);
const documentIn = (datagram: Buffer) => datagram.subarray(datagram.indexOf(0x0a) + 1).toString('utf8');
const traceIdOf = (document: string) => String(parseSegment(document)?.trace_id);

let moto: Moto;
let sidecast: Sidecast;
let xray: XRayClient;

beforeAll(async () => {
  if (!hasPython) return;
  moto = await startMoto();
  sidecast = await startSidecast({
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_XRAY: moto.url,
  });
  xray = new XRayClient({ region: 'eu-central-1', endpoint: moto.url, credentials: CREDENTIALS });
});
afterAll(async () => {
  xray?.destroy();
  await sidecast?.stop();
  await moto?.stop();
});
beforeEach((context) => context.skip(!hasPython, 'there is no python3 to run moto with'));

async function send(messages: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const message of messages)
    await new Promise<void>((resolve, reject) =>
      socket.send(message, sidecast.xrayPort, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
    );
  socket.close();
}

/** BatchGetTraces takes five ids a call. */
async function readBack(traceIds: readonly string[]): Promise<string[]> {
  const documents: string[] = [];
  for (let from = 0; from < traceIds.length; from += 5) {
    const { Traces = [] } = await xray.send(
      new BatchGetTracesCommand({ TraceIds: traceIds.slice(from, from + 5) }),
    );
    for (const { Segments = [] } of Traces) documents.push(...Segments.map(({ Document = '' }) => Document));
  }
  return documents;
}

describe('moto', () => {
  it('holds every document that an X-Ray SDK sent, byte for byte and once', async () => {
    const sent = datagrams.map(documentIn);
    await send(datagrams);

    const { destinations } = await eventually(
      () => sidecast.status(),
      (status) => status.destinations['aws-xray'].counts.delivered >= sent.length,
    );

    const { delivered, rejected, queued } = destinations['aws-xray'].counts;
    expect([delivered, rejected, queued]).toEqual([sent.length, 0, 0]);
    const arrived = await readBack([...new Set(sent.map(traceIdOf))]);
    expect(arrived.toSorted()).toEqual(sent.toSorted());
  });

  it('holds the spans of an OTLP client as documents of their traces', async () => {
    const body = readFileSync(join(CAPTURES, 'python-otel', '01-traces-batch-1.bin'));
    const before = (await sidecast.status()).destinations['aws-xray'].counts.delivered;
    const answer = await fetch(`${sidecast.otlpUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body,
    });
    expect(answer.status).toBe(200);

    const { receivers, destinations } = await eventually(
      () => sidecast.status(),
      (status) => status.destinations['aws-xray'].counts.queued === 0,
    );

    const spans = receivers.otlp.accepted.spans;
    expect(spans).toBeGreaterThan(10);
    expect(destinations['aws-xray'].counts.delivered).toBe(before + spans);
    const made = decodeTraces(body).flatMap((group) => group.spans);
    const traceIds = new Set(made.map(({ traceId }) => traceId));
    const arrived = await readBack([...traceIds].map(toXRayTraceId));
    // One trace has a segment of the X-Ray SDK as well.
    const ids = arrived.map((document) => parseSegment(document)?.id);
    for (const { spanId } of made) expect(ids.filter((id) => id === spanId)).toHaveLength(1);
  });

  it('gets log group and retention of provision: plan, apply, plan', async () => {
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', moto.url);
    const example = join(import.meta.dirname, '../../docker/examples/provision/log-group.json');
    const type = async (verb: string) => {
      const said: string[] = [];
      const code = await provision({
        flags: [verb, example],
        program: '',
        version: 'test',
        isTerminal: false,
        stdout: (text) => void said.push(text),
        stderr: (text) => void said.push(text),
        signal: new Promise(() => undefined),
      });
      return [code, said.join('\n').split('\n').at(-1)];
    };

    expect(await type('plan')).toEqual([3, 'In eu-central-1: 1 to create.']);
    expect(await type('apply')).toEqual([0, 'In eu-central-1: 1 created.']);
    expect(await type('plan')).toEqual([0, 'In eu-central-1: nothing to do, 1 unchanged.']);
    vi.unstubAllEnvs();
  });
});
