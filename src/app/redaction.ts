// Part of app: the redactor by the rules of now. They may change while it runs; what is counted and the key of the hashes stay.
import { randomBytes } from 'node:crypto';
import { Secret } from '../model/secret.ts';
import type { RedactConfig } from '../processors/redact/config.ts';
import { createRedactor, type RedactionCounts, type Redactor } from '../processors/redact/index.ts';
import type { Rule } from '../processors/redact/rules.ts';

export interface Redaction extends Redactor {
  readonly mode: RedactConfig['mode'];
  /** The next record is redacted by these. */
  apply(config: RedactConfig): void;
}

const KEY_BYTES = 32;

export function createRedaction(first: RedactConfig): Redaction {
  const ownKey = new Secret(randomBytes(KEY_BYTES).toString('hex'));
  const made = (config: RedactConfig) => createRedactor({ ...config, hashKey: config.hashKey ?? ownKey });
  let { mode } = first;
  let redactor = made(first);
  let before: RedactionCounts = {};
  const counts = () => summed(before, redactor.counts());

  return {
    get mode() {
      return mode;
    },
    redact: (accepted) => redactor.redact(accepted),
    counts,
    apply(config) {
      before = counts();
      redactor = made(config);
      mode = config.mode;
    },
  };
}

function summed(some: RedactionCounts, more: RedactionCounts): RedactionCounts {
  const sum: Partial<Record<Rule, number>> = { ...some };
  for (const [rule, count] of Object.entries(more) as [Rule, number][]) sum[rule] = (sum[rule] ?? 0) + count;
  return sum;
}
