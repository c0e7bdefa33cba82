// Part of http: what a request without an answer means to the destination that sent it.
import type { Reason, ReasonCode } from '../model/reasons.ts';
import type { HttpError, HttpFailure } from './client.ts';

interface Row {
  code: ReasonCode;
  /** Whether the failure may be the batch's own doing. */
  counts: boolean;
  fix: string;
}

const ROWS: Readonly<Record<HttpFailure, Row>> = {
  refused: {
    code: 'unreachable',
    counts: false,
    fix: 'Check that this host may reach it, or set HTTPS_PROXY.',
  },
  dns: {
    code: 'unreachable',
    counts: false,
    fix: 'Check the name of the endpoint and the DNS of this host; where only a proxy leads out, set HTTPS_PROXY.',
  },
  tls: {
    code: 'unreachable',
    counts: false,
    fix: 'Check the certificate; a private authority goes into NODE_EXTRA_CA_CERTS.',
  },
  proxy: { code: 'unreachable', counts: false, fix: 'Check HTTPS_PROXY and NO_PROXY.' },
  aborted: { code: 'unreachable', counts: false, fix: 'Nothing: it is sent again.' },
  reset: { code: 'unreachable', counts: true, fix: 'Nothing: it is sent again.' },
  timeout: { code: 'timeout', counts: true, fix: 'Nothing: it is sent again.' },
};

/** Always retryable. `counts` is false where nothing can have reached the vendor. */
export function unanswered(error: HttpError): { reason: Reason; counts: boolean } {
  const { code, counts, fix } = ROWS[error.kind];
  return { reason: { code, message: error.message, fix }, counts };
}
