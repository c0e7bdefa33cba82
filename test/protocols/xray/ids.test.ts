// Part of the tests: protocols/xray/ids: the id that is read from bytes is the one that is read from text.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromXRayTraceId, readXRayTraceId } from '../../../src/protocols/xray/ids.ts';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdefABCDEF'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''));
const traceId = fc.tuple(hex(8), hex(24)).map(([time, random]) => `1-${time}-${random}`);
/** What nearly is one, and what may stand around one. */
const noise = fc.constantFrom(
  '',
  '"',
  ':"',
  '1',
  '1-',
  '-',
  '1-1-',
  'g',
  '1-5759e988-bd862e3fe1be46a99427279',
);

function read(text: string, to = text.length): string | undefined {
  const id = Buffer.alloc(16);
  return readXRayTraceId(Buffer.from(text), 0, to, id) ? id.toString('hex') : undefined;
}

it('an X-Ray trace id is found in bytes as in text, in either case', () => {
  fc.assert(
    fc.property(noise, traceId, noise, (before, id, after) => {
      const text = `${before}${id}${after}`;
      const [first] = /1-[\da-f]{8}-[\da-f]{24}/i.exec(text) ?? [];

      expect(read(text)).toBe(fromXRayTraceId(first as string));
    }),
  );
});

it.each([
  ['all zeros', '1-00000000-000000000000000000000000', undefined],
  ['a digit short', '1-5759e988-bd862e3fe1be46a99427279"', undefined],
  ['another version', '2-5759e988-bd862e3fe1be46a994272793', undefined],
  ['no dash', '1-5759e9880bd862e3fe1be46a994272793', undefined],
  ['no hex', '1-5759e988-bd862e3fe1be46a99427279g', undefined],
  ['the usual', '1-5759e988-bd862e3fe1be46a994272793', '5759e988bd862e3fe1be46a994272793'],
])('of %s is %s', (_, text, expected) => {
  expect(read(text)).toBe(expected);
});

it('that ends behind where it is looked for is none', () => {
  const text = '"1-5759e988-bd862e3fe1be46a994272793"';

  expect(read(text, 36)).toBe('5759e988bd862e3fe1be46a994272793');
  expect(read(text, 35)).toBeUndefined();
});
