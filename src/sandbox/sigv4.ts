// Part of the sandbox: AWS Signature Version 4, from the IAM user guide page "Create a signed AWS API request".
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AwsCredential } from './settings.ts';
import { header, type VendorRequest } from './vendor.ts';

type SignedParts = Pick<VendorRequest, 'method' | 'path' | 'query' | 'rawHeaders' | 'body'>;

interface Authorization {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: readonly string[];
  signature: string;
}

export interface SignatureFailure {
  code: string;
  message: string;
}

/** AWS refuses a request whose time is further than this from its own (same guide, "Troubleshoot requests"). */
const MAX_SKEW_MS = 5 * 60_000;

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/** RFC 3986: also the characters that encodeURIComponent leaves. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Every service but S3 encodes the segments of the path once more than they are on the wire. */
const canonicalPath = (path: string) => path.split('/').map(encode).join('/');

/** By code point, not by locale. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const cut = pair.indexOf('=');
      const [name, value] = cut < 0 ? [pair, ''] : [pair.slice(0, cut), pair.slice(cut + 1)];
      return { name: encode(decode(name)), value: encode(decode(value)) };
    })
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('&');
}

function canonicalHeader(rawHeaders: readonly string[], name: string): string {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
  return `${name}:${values.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`;
}

export function canonicalRequest(request: SignedParts, signedHeaders: readonly string[]): string {
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    signedHeaders.map((name) => canonicalHeader(request.rawHeaders, name)).join(''),
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

/** `time` is the X-Amz-Date, e.g. 20150830T123600Z. */
export function signatureOf(
  request: SignedParts,
  signedHeaders: readonly string[],
  time: string,
  scope: { secretAccessKey: string; region: string; service: string },
): string {
  const date = time.slice(0, 8);
  const dated = hmac(`AWS4${scope.secretAccessKey}`, date);
  const key = hmac(hmac(hmac(dated, scope.region), scope.service), 'aws4_request');
  const credentialScope = `${date}/${scope.region}/${scope.service}/aws4_request`;
  const canonical = sha256(canonicalRequest(request, signedHeaders));
  return hmac(key, ['AWS4-HMAC-SHA256', time, credentialScope, canonical].join('\n')).toString('hex');
}

export function parseAuthorization(value: string): Authorization | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/\s,]+)\/(\d{8})\/([^/\s,]+)\/([^/\s,]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      value,
    );
  if (!match) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] =
    match;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

function timeOf(amzDate: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate);
  if (!match) return Number.NaN;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Undefined when the signature holds. Codes are those of the "Common errors" pages of the services. */
export function verifySignature(
  request: VendorRequest,
  service: string,
  credentials: readonly AwsCredential[],
  nowMs: number,
): SignatureFailure | undefined {
  const given = header(request, 'authorization');
  if (!given) return { code: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' };
  const authorization = parseAuthorization(given);
  if (!authorization) {
    return {
      code: 'IncompleteSignatureException',
      message: 'The Authorization header is not a whole SigV4 signature.',
    };
  }
  const credential = credentials.find(({ accessKeyId }) => accessKeyId === authorization.accessKeyId);
  if (!credential || header(request, 'x-amz-security-token') !== credential.sessionToken) {
    return {
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    };
  }
  if (credential.isExpired)
    return {
      code: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    };
  const problem = problemOf(request, authorization, credential, service, nowMs);
  return problem === undefined ? undefined : { code: 'InvalidSignatureException', message: problem };
}

function problemOf(
  request: VendorRequest,
  authorization: Authorization,
  credential: AwsCredential,
  service: string,
  nowMs: number,
): string | undefined {
  const time = header(request, 'x-amz-date') ?? '';
  const skewMs = timeOf(time) - nowMs;
  if (Number.isNaN(skewMs)) return `X-Amz-Date is not a time: ${time}`;
  if (skewMs < -MAX_SKEW_MS) return `Signature expired: ${time} is more than 5 minutes ago.`;
  if (skewMs > MAX_SKEW_MS) return `Signature not yet current: ${time} is more than 5 minutes ahead.`;
  if (authorization.date !== time.slice(0, 8))
    return 'The date of the credential scope is not that of X-Amz-Date.';
  if (authorization.service !== service)
    return `Credential should be scoped to correct service: '${service}'.`;
  const unsigned = mustBeSigned(request).find((name) => !authorization.signedHeaders.includes(name));
  if (unsigned) return `The header '${unsigned}' must be signed.`;
  const claimed = header(request, 'x-amz-content-sha256');
  if (claimed !== undefined && claimed !== sha256(request.body)) {
    return 'X-Amz-Content-Sha256 is not the SHA-256 of the body.';
  }
  const { secretAccessKey } = credential;
  const { region, signedHeaders, signature } = authorization;
  const expected = signatureOf(request, signedHeaders, time, { secretAccessKey, region, service });
  if (timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) return undefined;
  return 'The request signature we calculated does not match the signature you provided.';
}

/** The host and every x-amz-* header that is sent (same guide, "Create a canonical request"). */
function mustBeSigned(request: VendorRequest): string[] {
  return ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
}
