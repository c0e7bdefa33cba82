// Part of the tests: exporters/honeycomb: spans of documents wait on a shelf until Honeycomb has them, and no longer.
import { describe, expect, it } from 'vitest';
import { createAppKeys } from '../../../src/exporters/honeycomb/app-keys.ts';
import { encode } from '../../../src/exporters/honeycomb/encoder.ts';
import { createTransport } from '../../../src/exporters/honeycomb/transport.ts';
import { Secret } from '../../../src/model/secret.ts';
import { bytesOf, Shelf } from '../../../src/model/shelf.ts';
import { decodeTraces } from '../../../src/protocols/otlp/decode.ts';
import { Writer } from '../../../src/protocols/otlp/writer.ts';
import { asReceived, asReceivedOn, context, never, segments } from '../records.ts';

const document = (id: string) =>
  JSON.stringify({
    id,
    trace_id: '1-6b00f63f-18f9c3bf0c2b46ce71d7c5bc',
    name: id,
    start_time: 1,
    end_time: 2,
  });
const IDS = ['6a71ab68d7306b7e', 'e8a41389516d6728', 'f1b2c3d4e5f60718'];

function partialSuccess(rejected: number): Uint8Array {
  const w = new Writer();
  const partial = w.open(1);
  w.varint(1, rejected);
  w.close(partial);
  return w.finish();
}

/** What was given back to the pool after one request that is answered so. */
async function givenBack(answer: { status: number; body?: Uint8Array } | Error): Promise<number> {
  let given = 0;
  const pool = { take: (bytes: number) => Buffer.alloc(bytes), retain: () => undefined, give: () => given++ };
  const shelf = new Shelf(pool);
  const { items } = encode(segments(...IDS.map(document)), undefined, asReceivedOn(shelf));
  // A board that is being filled is kept.
  shelf.putCopy(new Uint8Array(1_000_000));
  const http = {
    async request() {
      if (answer instanceof Error) throw answer;
      return { headers: { 'content-type': 'application/x-protobuf' }, body: new Uint8Array(), ...answer };
    },
    close: async () => undefined,
  };
  const config = {
    apiKey: new Secret('key'),
    dataset: undefined,
    endpoint: new URL('https://api.honeycomb.io'),
    compression: 'none' as const,
    unfinishedAfterMs: 300_000,
  };
  const { clock } = context('honeycomb');
  const appKeys = createAppKeys(() => undefined);
  await createTransport(config, { http, clock, userAgent: 'test', appKeys, shelf })(items, never).catch(
    () => undefined,
  );
  return given;
}

describe('the spans of documents', () => {
  it('are each whole, though one buffer was used for all', () => {
    const { items } = encode(segments(...IDS.map(document)), undefined, asReceived);

    const ids = items.map(({ value }) => decodeTraces(value.bytes)[0]?.spans[0]?.spanId);
    expect(ids).toEqual(IDS);
    expect(items.map(({ value }) => value.shelved && bytesOf(value.shelved))).toEqual(
      items.map(({ value }) => value.bytes),
    );
  });

  it('leave the shelf when Honeycomb has taken them', async () => {
    expect(await givenBack({ status: 200 })).toBe(1);
  });

  it.each([
    ['it refused some without naming them, for their dead letter', { status: 200, body: partialSuccess(1) }],
    ['it asks to slow down', { status: 429 }],
    ['it cannot read them', { status: 400 }],
    ['nothing answers', new Error('reset')],
  ])('stay there when %s', async (_, answer) => {
    expect(await givenBack(answer)).toBe(0);
  });
});
