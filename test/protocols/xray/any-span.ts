// Part of the tests of protocols/xray: any span that is valid, whatever its attributes, events and links are.
import fc from 'fast-check';
import type { AttributeValue, Span } from '../../../src/model/otlp.ts';
import { knownAttributes } from './known-attributes.ts';

export const hex = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((made) => made.join(''))
    .filter((id) => /[^0]/.test(id));
const text = fc.oneof(fc.string({ maxLength: 40, unit: 'binary' }), fc.string({ maxLength: 300 }));
export const httpStatus = fc.option(fc.constantFrom(200, 302, 404, 429, 500, 503), { nil: undefined });

const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    text,
    fc.double(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  ),
}));

/** Everything that the translation looks at, so that each meets values of every type; of HTTP's status only what `httpStatus` gives. */
const KEYS = [
  ...knownAttributes('from-spans').filter((name) => !name.endsWith('.status_code')),
  'aws.xray.metadata.app',
  '__proto__',
  'constructor',
];
const WORDS = [
  'LOCAL_ROOT',
  'jdbc:postgresql://u:p@db:5432/app',
  'aws-api',
  'postgresql',
  'aws',
  'aws_ecs',
  'aws_ec2',
  'aws_eks',
  'python',
  'https://h:1/p?q',
  '7',
];
const key = fc.oneof(fc.constantFrom(...KEYS), text);
export const attributes = fc
  .array(fc.tuple(key, fc.oneof(value, fc.constantFrom(...WORDS))), { maxLength: 12 })
  .map((pairs) => new Map<string, AttributeValue>(pairs));
// From the first microsecond until 2106: later, float64 seconds are too coarse for microseconds.
const unixNano = fc.bigInt({ min: 1000n, max: 2n ** 32n * 1_000_000_000n - 1000n });

export const span: fc.Arbitrary<Span> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: fc.oneof(fc.constantFrom('', '0000000000000000'), hex(16)),
    traceState: fc.constantFrom('', 'a=b'),
    flags: fc.constantFrom(0, 1, 0x100, 0x101, 0x300, 0x301),
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    startTimeUnixNano: unixNano,
    endTimeUnixNano: fc.oneof(fc.constant(0n), unixNano),
    attributes,
    events: fc.array(
      fc.record({
        name: fc.constantFrom('exception', 'loaded', 'HTTP request failure'),
        timeUnixNano: unixNano,
        attributes,
      }),
      { maxLength: 3 },
    ),
    links: fc.array(
      fc.record({
        traceId: fc.oneof(hex(32), fc.constant('')),
        spanId: fc.oneof(hex(16), fc.constant('0000000000000000')),
        traceState: fc.constant(''),
        attributes,
      }),
      { maxLength: 2 },
    ),
    status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: text }),
    httpStatus,
  })
  .map(({ httpStatus: status, ...made }) => {
    if (status !== undefined) made.attributes.set('http.response.status_code', status);
    return made;
  });
