// Part of the tests: exporters/aws-xray/encoder.
import { describe, expect, it } from 'vitest';
import { bodyOf, documentOf, encode } from '../../../src/exporters/aws-xray/encoder.ts';
import { decodeTraces } from '../../../src/protocols/otlp/decode.ts';
import { capture, documentIn, record, segments, traces } from '../records.ts';

const bodyText = (...args: Parameters<typeof bodyOf>) => Buffer.from(bodyOf(...args)).toString('utf8');

describe(encode, () => {
  it.each([
    'python-xray/08-segment-exception-unicode.udp.txt',
    'python-xray/14-segment-41kb.udp.txt',
    'python-xray/18-nan-infinity-lone-surrogate.udp.txt',
    'java-xray/01-segment-exception-chain.udp.txt',
    'go-xray/06-segment-exception.udp.txt',
    'node-xray/04-segment-150-subsegments.udp.txt',
  ])('sends %s byte for byte', (name) => {
    const document = documentIn(name);

    const { items } = encode(segments(document));

    const [sent] = JSON.parse(bodyText(items.map(({ value }) => value))).TraceSegmentDocuments as string[];
    expect(Buffer.from(sent ?? '').equals(document)).toBe(true);
    expect(Buffer.from(documentOf(items[0]!.value)).equals(document)).toBe(true);
  });

  it('keeps UTF-8 as it is, escapes what JSON must, and repairs only what is no UTF-8', () => {
    const text = '{"id":"1","name":"élan ☁ 😀","q":"a\\"b"}\n';
    const broken = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff]), Buffer.from('"}')]);

    const { items } = encode(segments(text, broken));

    expect(JSON.parse(bodyText(items.map(({ value }) => value)))).toEqual({
      TraceSegmentDocuments: [text, '{"name":"\ufffd"}'],
    });
  });

  it('counts the bytes that a document takes in the request', () => {
    const { items } = encode(segments('{"a":"é"}', '{"b":"\\u00e9"}', '{}'));

    const sum = items.reduce((bytes, item) => bytes + item.bytes, 0);

    expect(sum).toBe(
      bodyOf(items.map(({ value }) => value)).length - '{"TraceSegmentDocuments":['.length - '}'.length,
    );
  });

  it('refuses a document of more than 64 kB, and only that one', () => {
    const { items, rejected } = encode(segments('{}', `"${'x'.repeat(65_535)}"`, `"${'x'.repeat(65_534)}"`));

    expect(items.map(({ sources }) => sources.from)).toEqual([0, 2]);
    expect(rejected).toMatchObject([{ from: 1, to: 2, reason: { code: 'too_large' } }]);
  });

  it('translates every span of a request into a document with the same id', () => {
    const received = traces('python-otel/01-traces-batch-1.bin');
    const wanted = decodeTraces(received.payload).flatMap(({ spans }) => spans.map(({ spanId }) => spanId));

    const { items, rejected, skipped } = encode(received);

    const ids = items.map(
      ({ value }) => (JSON.parse(Buffer.from(documentOf(value)).toString()) as { id: string }).id,
    );
    expect([ids, rejected, skipped]).toEqual([wanted, [], []]);
    expect(items.map(({ sources }) => sources)).toEqual(
      wanted.map((_, from) => ({ position: 7, from, to: from + 1 })),
    );
  });

  it('skips signals that X-Ray does not take', () => {
    const received = record('logs', capture('python-otel-auto/01-logs.bin'), 5);

    expect(encode(received)).toEqual({
      items: [],
      rejected: [],
      skipped: [{ from: 0, to: 5, code: 'signal_unsupported' }],
    });
  });
});
