// Part of the tests of protocols/otlp: attributes added as bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendToSpans, spanAttribute } from '../../../src/protocols/otlp/append.ts';
import { decodeTraces } from '../../../src/protocols/otlp/decode.ts';
import { encode, requests } from './oracle.ts';

const spansOf = (body: Uint8Array) => decodeTraces(body).flatMap(({ spans }) => spans);

describe(appendToSpans, () => {
  it('gives chosen spans of any request another attribute, and changes nothing else', () => {
    fc.assert(
      fc.property(requests.traces, fc.infiniteStream(fc.boolean()), (request, choices) => {
        const body = encode('traces', request);
        const before = spansOf(body);
        const chosen = before.flatMap((_, index) => (choices.next().value ? [index] : []));

        const after = spansOf(appendToSpans(body, new Map(chosen.map((i) => [i, spanAttribute('n', i)]))));

        for (const index of chosen) before[index] = withN(before[index]!, index);
        expect(after).toEqual(before);
      }),
    );
  });

  it('does so for more spans in one scope than a call can have arguments', () => {
    // Trace and span id, each of 3 bytes, which nothing here looks at.
    const span = [0x0a, 1, 1, 0x12, 1, 1];
    const spans = Buffer.concat(
      Array.from({ length: 200_000 }, () => Buffer.from([0x12, span.length, ...span])),
    );
    const inside = (tag: number, content: Uint8Array) =>
      Buffer.concat([Buffer.from([tag]), varint(content.length), content]);
    const body = inside(0x0a, inside(0x12, spans));
    const added = new Map(Array.from({ length: 200_000 }, (_, index) => [index, spanAttribute('n', 1)]));

    const after = spansOf(appendToSpans(body, added));

    expect(after).toHaveLength(200_000);
    expect(after.every(({ attributes }) => attributes.get('n') === 1)).toBe(true);
  });
});

function withN<S extends { attributes: ReadonlyMap<string, unknown> }>(span: S, n: number): S {
  return { ...span, attributes: new Map([...span.attributes, ['n', n]]) };
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
