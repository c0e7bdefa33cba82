// Part of delivery: what a failed call of an AWS service means to a destination, by its exporter's table.
import { AwsError, type AwsErrorKind } from '../aws/errors.ts';
import { HttpError } from '../http/client.ts';
import { unanswered } from '../http/unanswered.ts';
import type { ExportResult } from './exporter.ts';
import { MAX_SHOWN_BYTES, type Meaning, resultOf } from './meaning.ts';

export type AwsMeanings = Readonly<Record<AwsErrorKind, Meaning>>;

/** The same at every service. */
export const OF_ANY_SERVICE = {
  no_credentials: {
    status: 'blocked',
    code: 'no_credentials',
    message: 'no AWS credentials were found',
    fix: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the container a role.',
  },
  no_region: {
    status: 'blocked',
    code: 'not_configured',
    message: 'no AWS region is known',
    fix: 'Set AWS_REGION.',
  },
  unauthorized: {
    status: 'blocked',
    code: 'unauthorized',
    message: 'AWS refuses the credentials',
    fix: 'Renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.',
  },
  skewed: {
    status: 'blocked',
    code: 'unauthorized',
    message: 'AWS refuses the time of the signature',
    fix: "Set this host's clock.",
  },
} as const satisfies Partial<AwsMeanings>;

/** Throws what is neither an answer nor the lack of one: a bug. */
export function resultOfFailure(error: unknown, meanings: AwsMeanings): ExportResult {
  if (error instanceof HttpError) return { status: 'retryable', ...unanswered(error) };
  if (!(error instanceof AwsError)) throw error;
  return resultOfAws(error, meanings[error.kind]);
}

export function resultOfAws(error: AwsError, meaning: Meaning): ExportResult {
  const { status, body, words, retryAfterMs, fix = meaning.fix } = error;
  const vendor = status === 0 ? undefined : { status, body: body.slice(0, MAX_SHOWN_BYTES) };
  return resultOf({ ...meaning, fix }, words, vendor, retryAfterMs);
}
