// Part of provision: why a call failed, and the one thing to do.
import { AwsError, type AwsErrorKind } from '../aws/errors.ts';
import { HttpError } from '../http/client.ts';
import { unanswered } from '../http/unanswered.ts';
import type { Kind } from './kind.ts';

const FIXES: Readonly<Partial<Record<AwsErrorKind, string>>> = {
  no_credentials: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.',
  no_region: 'Set AWS_REGION.',
  unauthorized: 'Renew the AWS credentials.',
  skewed: "Set this host's clock.",
  throttled: 'Run it again later.',
  unavailable: 'Run it again later.',
  unexpected: 'Check AWS_ENDPOINT_URL_XRAY, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS and HTTPS_PROXY.',
  not_found: 'Run it again: somebody else may have deleted it.',
  exists: 'Run it again: somebody else may have made it.',
  invalid: 'Change the file, or what AWS complains about.',
};

/** Cause, then fix. What is no failure of a call is a bug, and thrown on. */
export function complaintOf(error: unknown, kind?: Kind): string {
  if (error instanceof HttpError) {
    const { message, fix } = unanswered(error).reason;
    // There, it is sent again by itself.
    return `${message}. ${fix.startsWith('Nothing') ? 'Run it again.' : fix}`;
  }
  if (!(error instanceof AwsError)) throw error;
  const { words, fix = FIXES[error.kind] } = error;
  const allow = error.kind === 'forbidden' && kind ? `Allow ${kind.permissions}.` : undefined;
  return `${words.replace(/\.$/, '')}. ${allow ?? fix ?? 'Look into what AWS says.'}`;
}
