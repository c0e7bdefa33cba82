// Part of exporters/honeycomb: what the shape of a key says before anybody is asked (API documentation, "Authentication").

import type { Reason } from '../../model/reasons.ts';
import type { Secret } from '../../model/secret.ts';
import type { OtlpSignal } from '../../model/signals.ts';

/** A configuration key of 32 hex digits, or an ingest key `hc?ic_`. */
export function isClassic(key: string): boolean {
  return /^[0-9a-f]{32}$/.test(key) || /^hc[a-z]ic_/.test(key);
}

/** Why requests with this key would only be refused; undefined where they would not, or only the vendor knows. */
export function keyProblem(
  key: string,
  { signal, dataset }: { signal: OtlpSignal; dataset: string | undefined },
  secret: Secret | undefined,
): Reason | undefined {
  if (/^hc[a-z]mk_/.test(key)) {
    return {
      code: 'unauthorized',
      message: 'the key is a management key, which cannot send data',
      fix: secret?.remedy('an ingest key') ?? '',
    };
  }
  // Logs go to the dataset of their service.
  if (dataset === undefined && signal !== 'logs' && isClassic(key)) return noDataset;
  return undefined;
}

/** Classic has no environments: whoever sends names the dataset. */
export const noDataset: Reason = {
  code: 'unauthorized',
  message: 'a Classic key sends spans and metrics to a dataset, and none is named',
  fix: 'Set HONEYCOMB_DATASET, or use a key of an environment.',
};
