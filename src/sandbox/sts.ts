// Part of the sandbox: STS as far as `GetCallerIdentity`, which tells a person whose keys are in use. It has no faults and no items.
import { callerIdentity, stsError } from './aws-errors.ts';
import type { AwsCredential } from './settings.ts';
import { parseAuthorization, verifySignature } from './sigv4.ts';
import { type Answer, header, type VendorRequest } from './vendor.ts';

/** Undefined when the request is not for STS. */
export function answerAsSts(
  request: VendorRequest,
  credentials: readonly AwsCredential[],
  nowMs: number,
): Answer | undefined {
  if (request.method !== 'POST' || request.path !== '/') return undefined;
  if (!header(request, 'content-type')?.startsWith('application/x-www-form-urlencoded')) return undefined;
  if (new URLSearchParams(request.body.toString('utf8')).get('Action') !== 'GetCallerIdentity')
    return undefined;
  const failure = verifySignature(request, 'sts', credentials, nowMs);
  if (failure) return stsError({ status: 403, ...failure });
  return callerIdentity(parseAuthorization(header(request, 'authorization') ?? '')?.accessKeyId ?? '');
}
