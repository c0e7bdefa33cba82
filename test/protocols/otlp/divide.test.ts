// Part of the tests of protocols/otlp: sharing the items of a request out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divide } from '../../../src/protocols/otlp/divide.ts';
import { select } from '../../../src/protocols/otlp/select.ts';
import { capture, encode, itemsOf, requests, SIGNALS } from './oracle.ts';

const shares = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 });

describe.each(SIGNALS)('dividing %s', (signal) => {
  it('gives each share, byte for byte, what selecting its items gives', () => {
    fc.assert(
      fc.property(requests[signal], shares, (request, some) => {
        const body = encode(signal, request);
        const shareOf = (index: number) => some[index % some.length]!;
        const wanted = new Set(itemsOf(signal, body).map((_, index) => shareOf(index)));

        const divided = divide(signal, body, shareOf);

        expect(new Set(divided.keys())).toEqual(wanted);
        for (const [share, part] of divided)
          expect(Buffer.from(part)).toEqual(
            Buffer.from(select(signal, body, (index) => shareOf(index) === share)),
          );
      }),
      { numRuns: 150 },
    );
  });
});

describe('dividing', () => {
  const body = capture('python-otel/01-traces-batch-1.bin');

  it('gives the body itself when all items are of one share', () => {
    expect(divide('traces', body, () => 7)).toEqual(new Map([[7, body]]));
    expect(divide('traces', body, () => 7).get(7)).toBe(body);
  });

  it('asks for the share of each item once, in their order', () => {
    const asked: number[] = [];
    divide('traces', body, (index) => asked.push(index) % 2);
    expect(asked).toEqual(itemsOf('traces', body).map((_, index) => index));
  });

  it('has no shares where there are no items', () => {
    expect(divide('traces', new Uint8Array(), () => 0).size).toBe(0);
  });
});
