// Part of the tests: Signature Version 4 written a second time, to check the one that we send.
import { createHash, createHmac } from 'node:crypto';

export interface Received {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Uint8Array, data: string) => createHmac('sha256', key).update(data).digest();

/** The signature that the request should carry, from its own Authorization header's scope and list of headers. */
export function expectedSignature(
  request: Received,
  secret: string,
): { claimed: string; expected: string; scope: string; signed: string[] } {
  const authorization = request.headers['authorization'] ?? '';
  const [, scope = '', list = '', claimed = ''] =
    /Credential=[^/]+\/(\S+), SignedHeaders=(\S+), Signature=(\w+)/.exec(authorization) ?? [];
  const signed = list.split(';');
  const canonical = [
    request.method,
    request.path,
    '',
    ...signed.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    list,
    sha256(request.body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Uint8Array>(hmac, `AWS4${secret}`);
  return { claimed, expected: hmac(key, toSign).toString('hex'), scope, signed };
}
