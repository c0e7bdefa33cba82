// Part of processors/redact: which names have a secret as their value, and what bytes give such a name away.
import { WireType } from '../../protocols/otlp/wire.ts';
import type { Needle } from './needles.ts';

const SECRET =
  /passw|passphrase|secret(?!ar)|authoriz|cookie|credential|(?:api|access|private)[._-]?key|pwd(?:$|[._-])|token$/;
/** What tells about a secret and is none: `db.password.length`, `aws.secretsmanager.secret.arn`. */
const ABOUT =
  /(?:arn|name|count|length|type|expir\w*|version|ttl|algorithm|size|limit|status|enabled|policy)$/;
/** Of a URL's query alone: elsewhere a signature is that of a function. */
const SIGNATURE = /^(?:sig|signature|x-(?:amz|goog)-signature)$/;

/** Names longer than this are no names. */
export const MAX_NAME_BYTES = 256;

export interface Names {
  /** Never looked into. */
  isAllowed(name: string): boolean;
  isDenied(name: string): boolean;
  isSecret(name: string): boolean;
}

/** Lists compare whole names, and what comes after their last dot, in either case. */
export function createNames(allow: readonly string[], deny: readonly string[]): Names {
  const [allowed, denied] = [allow, deny].map((names) => new Set(names.map((name) => name.toLowerCase())));
  const isIn = (set: ReadonlySet<string> | undefined, name: string) => {
    const lower = name.toLowerCase();
    return set !== undefined && (set.has(lower) || set.has(lower.slice(lower.lastIndexOf('.') + 1)));
  };
  return {
    isAllowed: (name) => isIn(allowed, name),
    isDenied: (name) => isIn(denied, name),
    isSecret(name) {
      const lower = name.toLowerCase();
      return SECRET.test(lower) && !ABOUT.test(lower);
    },
  };
}

export function isSignature(name: string): boolean {
  return SIGNATURE.test(name.toLowerCase());
}

const [DASH, DOT, UNDERSCORE] = [0x2d, 0x2e, 0x5f];
const PWD = '?pwd?';
const NAME_PARTS = [
  'passw',
  'passphrase',
  'secret',
  'authoriz',
  'cookie',
  'credential',
  ...['api', 'access', 'private'].flatMap((kind) => ['', '.', '_', '-'].map((joint) => `${kind}${joint}key`)),
  PWD,
  'token',
  '?sig=',
  'signature=',
];

/** In text: each begins, ends or is a part of a name that `isSecret` or `isSignature` may know. */
export const NAME_IN_TEXT =
  'passw|passphrase|secret|authoriz|cookie|credential|(?:api|access|private)[._-]?key|pwd|token|sig(?==)|signature(?==)';

export const NAME_NEEDLES: readonly Needle[] = NAME_PARTS.map((text) => ({ text }));

/**
 * Whether the needle stands in a name that says nothing: `tokens`, `token_count`, `pwdx`. Ids of random bytes have a `pwd` now and then.
 * In protobuf a name may be the last of its attribute, and what follows a tag: only what is none goes on.
 */
export function isOfNoSecret(needle: string, bytes: Uint8Array, at: number, isJson: boolean): boolean {
  const end = at + needle.length;
  if (needle === 'token') return goesOnAfterToken(bytes, end, isJson);
  const next = bytes[end - 1]!;
  return needle === PWD && next !== UNDERSCORE && goesOn(next, isJson);
}

function goesOnAfterToken(bytes: Uint8Array, at: number, isJson: boolean): boolean {
  const next = bytes[at] ?? 0;
  const isJoint = next === DOT || (next === DASH && isJson);
  return isJoint ? isWordByte(bytes[at + 1] ?? 0) : goesOn(next, isJson);
}

function goesOn(byte: number, isJson: boolean): boolean {
  return isWordByte(byte) && (isJson || !WIRE_TYPES.has(byte & 7));
}

/** Of the tags that OTLP has, or may come to have: groups are protobuf's past. */
const WIRE_TYPES: ReadonlySet<number> = new Set([
  WireType.VARINT,
  WireType.FIXED64,
  WireType.LEN,
  WireType.FIXED32,
]);

function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === UNDERSCORE
  );
}
