// Part of the tests: one input of a fuzz run. Seed and number alone decide it, so that any input can be made again.
import { seededRandom } from '../support/random.ts';

type Random = () => number;

function randomFor(seed: number, index: number): Random {
  return seededRandom(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35));
}

export const MAX_INPUT_BYTES = 64 * 1024;
/** Most inputs stay small, because a million of them are to be tried; one in this many may grow up to the bound. */
const LARGE_ONE_IN = 500;
const SMALL_BYTES = 3 * 1024;

/** Numbers, lengths and texts at which parsers break. */
const TOKENS = [
  ...[
    '\0',
    '\xff',
    '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01',
    '\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01',
    '\x0a',
    '\x7f',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    '\\u0000',
    '\\ud800',
    ':',
    ',',
    'null',
    'NaN',
    '-Infinity',
    '1e999',
    '-0',
    '__proto__',
  ],
  ...[
    '\n',
    '\r\n',
    '\t',
    '  at ',
    'Caused by: ',
    '://',
    '@',
    '=',
    '&',
    'password',
    'token',
    'Bearer ',
    'eyJhbGciOiJ9.eyJ',
    '4111111111111111',
  ],
  ...[
    '18446744073709551616',
    '9007199254740993',
    '-1',
    '--',
    '-c',
    '&a',
    '*a',
    '<<',
    '!!',
    '|',
    '>',
    '? ',
    '- ',
    'SCJ',
  ],
].map((token) => Buffer.from(token, 'latin1'));

type Mutation = (input: Buffer, random: Random, corpus: readonly Buffer[]) => Buffer;

const between = (random: Random, below: number) => Math.floor(random() * below);
const pick = <T>(random: Random, from: readonly T[]): T => from[between(random, from.length)]!;

function cut(input: Buffer, random: Random): [from: number, to: number] {
  const from = between(random, input.length + 1);
  return [from, Math.min(input.length, from + between(random, 1 + Math.min(64, input.length)))];
}

const MUTATIONS: readonly Mutation[] = [
  function flipBit(input, random) {
    const out = Buffer.from(input);
    if (out.length > 0) out[between(random, out.length)]! ^= 1 << between(random, 8);
    return out;
  },
  function setByte(input, random) {
    const out = Buffer.from(input);
    if (out.length > 0) out[between(random, out.length)] = between(random, 256);
    return out;
  },
  function remove(input, random) {
    const [from, to] = cut(input, random);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  function truncate(input, random) {
    return Buffer.from(input.subarray(0, between(random, input.length + 1)));
  },
  function insertToken(input, random) {
    const at = between(random, input.length + 1);
    return Buffer.concat([input.subarray(0, at), pick(random, TOKENS), input.subarray(at)]);
  },
  function overwriteWithToken(input, random) {
    const out = Buffer.from(input);
    if (out.length > 0) pick(random, TOKENS).copy(out, between(random, out.length));
    return out;
  },
  function repeat(input, random) {
    const [from, to] = cut(input, random);
    const times = 1 + between(random, random() < 0.01 ? 4000 : 8);
    const piece = input.subarray(from, to);
    const copies = Array.from({ length: times }, () => piece);
    return Buffer.concat([input.subarray(0, to), ...copies, input.subarray(to)]);
  },
  function crossOver(input, random, corpus) {
    const other = pick(random, corpus);
    return Buffer.concat([
      input.subarray(0, between(random, input.length + 1)),
      other.subarray(between(random, other.length + 1)),
    ]);
  },
];

export function inputFor(seed: number, index: number, corpus: readonly Buffer[]): Buffer {
  const random = randomFor(seed, index);
  const isLarge = index % LARGE_ONE_IN === 0;
  const maxBytes = isLarge ? MAX_INPUT_BYTES : SMALL_BYTES;
  let input = pick(random, corpus).subarray(0, maxBytes);
  for (let left = 1 + between(random, 6); left > 0; left--)
    input = pick(random, MUTATIONS)(input, random, corpus).subarray(0, maxBytes);
  return input;
}
