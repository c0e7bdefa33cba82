// Part of the tests: exporters/aws-xray/encoder.
import { describe, expect, it } from 'vitest';
import { bodyOf, documentOf, encode, groupOf } from '../../../src/exporters/aws-xray/encoder.ts';
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

  it('refuses a document of more than 64 kB that has nothing to split off, and only that one', () => {
    const { items, rejected } = encode(segments('{}', `"${'x'.repeat(65_535)}"`, `"${'x'.repeat(65_534)}"`));

    expect(items.map(({ sources }) => sources.from)).toEqual([0, 2]);
    expect(rejected).toMatchObject([
      { from: 1, to: 2, reason: { code: 'too_large', message: expect.stringContaining('65537 bytes') } },
    ]);
  });

  it('makes several documents of one of more than 64 kB where subsegments can be sent on their own', () => {
    const subsegment = (id: string) => ({ id, name: 'élan', metadata: { text: '☁'.repeat(10_000) } });
    const root = { id: '6a71ab68d7306b7e', trace_id: '1-6b00f63f-a3e68852443a73646a96d06c', name: 'root' };
    const subsegments = ['1', '2', '3'].map((digit) => subsegment(digit.repeat(16)));

    const { items, rejected } = encode(segments('{}', JSON.stringify({ ...root, subsegments }), '{}'));

    expect(rejected).toEqual([]);
    expect(items.map(({ sources }) => sources.from)).toEqual([0, 1, 1, 2]);
    expect(items.every(({ bytes }) => bytes < 100_000)).toBe(true);
    const sent = JSON.parse(bodyText(items.map(({ value }) => value))).TraceSegmentDocuments as string[];
    expect(sent.every((document) => Buffer.byteLength(document) <= 65_536)).toBe(true);
    expect(sent.slice(1, 3).map((document) => JSON.parse(document))).toEqual([
      { ...root, subsegments: subsegments.slice(1) },
      { type: 'subsegment', trace_id: root.trace_id, parent_id: root.id, ...subsegments[0] },
    ]);
  });

  it('translates every span of a request into a document with the same id, those of a trace side by side', () => {
    const received = traces('python-otel/01-traces-batch-1.bin');
    const spans = decodeTraces(received.payload).flatMap((group) => group.spans);
    const traceIds = [...new Set(spans.map(({ traceId }) => traceId))];

    const { items, rejected, skipped } = encode(received);

    const ids = items.map(
      ({ value }) => (JSON.parse(Buffer.from(documentOf(value)).toString()) as { id: string }).id,
    );
    expect(traceIds.length).toBeGreaterThan(3);
    expect(ids).not.toEqual(spans.map(({ spanId }) => spanId));
    expect(ids).toEqual(
      traceIds.flatMap((wanted) =>
        spans.filter(({ traceId }) => traceId === wanted).map(({ spanId }) => spanId),
      ),
    );
    expect([rejected, skipped]).toEqual([[], []]);
    for (const [at, { sources }] of items.entries())
      expect([sources.to, spans[sources.from]?.spanId]).toEqual([sources.from + 1, ids[at]]);
  });

  it('makes nothing of spans that were chosen away', () => {
    const received = traces('python-otel/01-traces-batch-1.bin');

    const { items, skipped, rejected } = encode(received, { isOut: (index) => index !== 2 });

    expect(items.map(({ sources }) => [sources.from, sources.to])).toEqual([[2, 3]]);
    expect([skipped, rejected]).toEqual([[], []]);
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

describe(groupOf, () => {
  it.each([
    'python-xray/08-segment-exception-unicode.udp.txt',
    'java-xray/01-segment-exception-chain.udp.txt',
    'go-xray/06-segment-exception.udp.txt',
    'node-xray/04-segment-150-subsegments.udp.txt',
  ])('is the trace of %s', (name) => {
    const document = documentIn(name);
    const [item] = encode(segments(document)).items;

    expect(groupOf(item!)).toBe(JSON.parse(Buffer.from(document).toString()).trace_id);
  });

  it('is the trace of a document that was made of a span', () => {
    for (const item of encode(traces('python-otel/02-traces-batch-2-errors.bin')).items)
      expect(groupOf(item)).toBe(JSON.parse(Buffer.from(documentOf(item.value)).toString()).trace_id);
  });

  it('is none of what names no trace', () => {
    const { items } = encode(segments('{}', '{"trace_id":7,"id":"1"}'));

    expect(items.map(groupOf)).toEqual([undefined, undefined]);
  });
});
