// Part of the tests: exporters/honeycomb/encoder: how a request that is too large is cut.
import { describe, expect, it } from 'vitest';
import { encode, MAX_REQUEST_BYTES, MAX_REQUEST_SPANS } from '../../../src/exporters/honeycomb/encoder.ts';
import { decodeLogs } from '../../../src/protocols/otlp/decode.ts';
import { jsonToProtobuf } from '../../../src/protocols/otlp/json.ts';
import { asReceived, record } from '../records.ts';

/** Texts in pieces: a whole one of more than 64 KB would be cut. */
function logsOf(texts: readonly string[]) {
  const logRecords = texts.map((text) => {
    const values = (text.match(/.{1,60000}/g) ?? []).map((stringValue) => ({ stringValue }));
    return { timeUnixNano: '1', body: { arrayValue: { values } } };
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'backend' } }] };
  const request = { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'app' }, logRecords }] }] };
  return record('logs', jsonToProtobuf('logs', JSON.stringify(request)), texts.length);
}

function partsOf(texts: readonly string[]) {
  const { items, rejected } = encode(logsOf(texts), undefined, asReceived);
  return {
    rejected,
    parts: items.map(({ bytes, sources, value }) => {
      const groups = decodeLogs(value.bytes);
      expect(bytes).toBe(value.bytes.length);
      for (const { resource } of groups) expect(resource.attributes.get('service.name')).toBe('backend');
      return {
        bytes,
        sources,
        texts: groups.flatMap(({ records }) => records.map(({ body }) => (body as string[]).join(''))),
      };
    }),
  };
}

const numbered = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, index) => `${index} ${'x'.repeat(bytes)}`);

describe('a large request', () => {
  it('is cut into as few parts as fit, alike, with every item once and in order', () => {
    const texts = numbered(9000, 10);

    const { parts } = partsOf(texts);

    expect(parts.map(({ sources }) => sources.to - sources.from)).toEqual([1800, 1800, 1800, 1800, 1800]);
    expect(parts.flatMap((part) => part.texts)).toEqual(texts);
    expect(parts.map(({ sources }) => sources.from)).toEqual([0, 1800, 3600, 5400, 7200]);
  });

  it('is cut further where one part is larger than the others', () => {
    const texts = [...numbered(20, 400_000), ...numbered(1000, 10)];

    const { parts } = partsOf(texts);

    expect(parts.every(({ bytes }) => bytes <= MAX_REQUEST_BYTES)).toBe(true);
    expect(parts.flatMap((part) => part.texts)).toEqual(texts);
  });

  it('loses only the item that is too large by itself', () => {
    const texts = ['a', 'x'.repeat(MAX_REQUEST_BYTES), 'b'];

    const { parts, rejected } = partsOf(texts);

    expect(parts.flatMap((part) => part.texts)).toEqual(['a', 'b']);
    expect(rejected).toMatchObject([{ from: 1, to: 2, reason: { code: 'too_large' } }]);
  });

  it('goes as it is when it fits', () => {
    const whole = logsOf(numbered(MAX_REQUEST_SPANS, 10));

    const { items } = encode(whole, undefined, asReceived);

    expect(items).toHaveLength(1);
    expect(items[0]?.value.bytes).toBe(whole.payload);
  });
});
