// Part of the tests: what unmodified X-Ray SDKs send arrives at X-Ray byte for byte: nested, streamed, failing.
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { documents } from './arrivals.ts';
import { type Client, type Language, startClient } from './sampling/clients.ts';
import { startXRayTap, type XRayTap } from './tap.ts';

/** Go and Java where their tools are: `SIDECAST_TEST_LANGUAGES=go,java`. */
const more = (env['SIDECAST_TEST_LANGUAGES'] ?? '').split(',').filter(Boolean) as Language[];
const languages: readonly Language[] = ['python', 'node', ...more];
/** Node's SDK puts 150 subsegments into one document. */
const streams: readonly Language[] = ['python', 'go', 'java'];

interface Entity {
  id: string;
  name: string;
  trace_id: string;
  type?: string;
  parent_id?: string;
  cause?: { exceptions?: readonly { message?: string }[] };
  subsegments?: readonly Entity[];
}

const withSubsegments = (entity: Entity): readonly Entity[] => [
  entity,
  ...(entity.subsegments ?? []).flatMap(withSubsegments),
];

describe.each(languages)('the X-Ray SDK for %s', (language) => {
  let sandbox: Sandbox;
  let sidecast: Sidecast;
  let tap: XRayTap;
  let client: Client;
  let arrived: readonly Entity[];

  beforeAll(async () => {
    sandbox = await startSandbox();
    sidecast = await startSidecast(settingsOf(sandbox));
    tap = await startXRayTap(sidecast.xrayPort);
    client = await startClient(language, tap.port, 'documents');
    await client.step('documents');
    await eventually(
      () => documents(sandbox).length,
      (count) => count > 2 && count === tap.datagrams.length,
    );
    arrived = documents(sandbox).map((document) => JSON.parse(document) as Entity);
  });
  afterAll(async () => {
    await client?.stop();
    await tap?.close();
    await sidecast?.stop();
    await sandbox?.close();
  });

  const segment = (name: string) => arrived.find((one) => one.name === name && one.type !== 'subsegment');

  it('has each document at X-Ray byte for byte', async () => {
    const sent = tap.datagrams.map((datagram) => datagram.subarray(datagram.indexOf(0x0a) + 1).toString());

    expect(documents(sandbox).toSorted()).toEqual(sent.toSorted());
    expect((await sidecast.status()).receivers['aws-xray'].refused).toEqual({});
  });

  it('has nested subsegments in their places', () => {
    const [a] = segment('nested')?.subsegments ?? [];
    const [b] = a?.subsegments ?? [];
    const [c] = b?.subsegments ?? [];

    expect([a?.name, b?.name, c?.name]).toEqual(['a', 'b', 'c']);
  });

  it('has the exception, with its text', () => {
    const [failing] = segment('failing')?.subsegments ?? [];

    expect(failing?.cause?.exceptions?.[0]?.message).toBe('boom ☁');
  });

  it('has each of 150 subsegments once, streamed or embedded, in the same trace', () => {
    const whole = segment('many');
    const ofTrace = arrived.filter(({ trace_id }) => trace_id === whole?.trace_id);
    const names = ofTrace.flatMap(withSubsegments).map(({ name }) => name);
    const streamed = ofTrace.filter(({ type }) => type === 'subsegment');

    expect(names.filter((name) => name.startsWith('sub-')).toSorted()).toEqual(
      Array.from({ length: 150 }, (_, number) => `sub-${number}`).toSorted(),
    );
    expect(streamed.length > 0).toBe(streams.includes(language));
    expect(streamed.every(({ parent_id }) => parent_id === whole?.id)).toBe(true);
  });
});
