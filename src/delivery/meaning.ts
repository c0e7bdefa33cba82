// Part of delivery: a row of an exporter's table of answers, and the result that it makes of one.
import type { ReasonCode } from '../model/reasons.ts';
import type { ExportResult, VendorAnswer } from './exporter.ts';

/** What one kind of failure means at a vendor. */
export interface Meaning {
  status: 'retryable' | 'blocked' | 'rejected';
  code: ReasonCode;
  message: string;
  fix: string;
}

/** How much of a vendor's answer is kept for people to read. */
export const MAX_SHOWN_BYTES = 4096;

/** `words` are the vendor's own; `vendor` is absent where it never answered. */
export function resultOf(
  meaning: Meaning,
  words: string,
  vendor: VendorAnswer | undefined,
  retryAfterMs: number | undefined,
): ExportResult {
  // Credentials that were not found are told of without a vendor, and in the same words.
  const message = words.startsWith(meaning.message) ? words : `${meaning.message} (${words})`;
  const reason = { code: meaning.code, message, fix: meaning.fix };
  const answer = vendor ? { vendor } : {};
  if (meaning.status !== 'retryable') return { status: meaning.status, reason, ...answer };
  return {
    status: 'retryable',
    reason,
    // A vendor that asks to slow down says nothing about this batch either.
    counts: meaning.code !== 'throttled',
    ...answer,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
