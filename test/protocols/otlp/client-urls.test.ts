// Part of the tests: which URLs CLIENT spans called, read from the bytes as they are decoded elsewhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SpanKind } from '../../../src/model/otlp.ts';
import { clientUrls } from '../../../src/protocols/otlp/client-urls.ts';
import { decodeTraces } from '../../../src/protocols/otlp/decode.ts';

const CAPTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'captures', 'python-otel');
const bodyOf = (name: string) => {
  const bytes = readFileSync(join(CAPTURES, name));
  if (name.includes('gzip')) return gunzipSync(bytes);
  return name.includes('deflate') ? inflateSync(bytes) : bytes;
};
const traces = readdirSync(CAPTURES).filter((name) => name.includes('traces') && name.endsWith('.bin'));

function decodedUrls(body: Uint8Array) {
  return decodeTraces(body)
    .flatMap(({ spans }) => spans)
    .flatMap(({ kind, attributes }, index) => {
      const url = attributes.get('url.full') ?? attributes.get('http.url');
      return kind === SpanKind.CLIENT && typeof url === 'string' ? [{ index, url }] : [];
    });
}

const field = (tag: number, ...bytes: number[]) => [tag, bytes.length, ...bytes];
const text = (tag: number, value: string) => field(tag, ...Buffer.from(value));
const value = (url: string) => field(0x12, ...text(0x0a, url));
const requestOf = (...span: number[]) => Buffer.from(field(0x0a, ...field(0x12, ...field(0x12, ...span))));

describe(clientUrls, () => {
  it.each(traces)('finds what the decoder finds in %s', (name) => {
    const body = bodyOf(name);
    expect(clientUrls(body)).toEqual(decodedUrls(body));
  });

  it('finds some in what was captured', () => {
    expect(traces.flatMap((name) => clientUrls(bodyOf(name))).length).toBeGreaterThan(5);
  });

  it('reads an attribute whose value comes before its name, and passes fields of two-byte tags', () => {
    const url = 'http://a/b';
    const attribute = field(0x4a, ...value(url), ...text(0x0a, 'url.full'));
    const unknown = [0x82, 0x01, 2, 0x30, 0x03];

    expect(clientUrls(requestOf(...unknown, 0x30, 3, ...attribute))).toEqual([{ index: 0, url }]);
  });

  it('leaves out spans of other kinds, and names that only look like one of a URL', () => {
    const named = (name: string) => field(0x4a, ...text(0x0a, name), ...value('http://a/b'));

    expect(clientUrls(requestOf(0x30, 2, ...named('http.url')))).toEqual([]);
    expect(clientUrls(requestOf(0x30, 3, ...named('http.urn'), ...named('user.ful')))).toEqual([]);
  });

  it('throws for a body that ends inside a field', () => {
    const whole = requestOf(0x30, 3, ...field(0x4a, ...text(0x0a, 'url.full'), ...value('http://a/b')));
    for (let end = 1; end < whole.length; end += 1)
      expect(() => clientUrls(whole.subarray(0, end))).toThrow();
  });
});
