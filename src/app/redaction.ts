// Part of app: the redactor by the rules of now. They may change while it runs; what is counted and the key of the hashes stay.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import { Secret } from '../model/secret.ts';
import { type BackgroundRedactor, createBackgroundRedactor } from '../processors/redact/background.ts';
import type { RedactConfig } from '../processors/redact/config.ts';
import { summed } from '../processors/redact/counts.ts';
import { workerFile } from './workers.ts';

export interface Redaction extends BackgroundRedactor {
  readonly mode: RedactConfig['mode'];
  /** The next record is redacted by these. */
  apply(config: RedactConfig): void;
}

const KEY_BYTES = 32;

export function createRedaction(first: RedactConfig, clock: Clock): Redaction {
  const ownKey = new Secret(randomBytes(KEY_BYTES).toString('hex'));
  const made = (config: RedactConfig) =>
    createBackgroundRedactor({ ...config, hashKey: config.hashKey ?? ownKey }, workerFile('redact'), clock);
  let { mode } = first;
  let redactor = made(first);
  // By earlier rules: what is in their thread still comes, and their thread ends when it is idle.
  const earlier: BackgroundRedactor[] = [];

  return {
    get mode() {
      return mode;
    },
    redact: (accepted) => redactor.redact(accepted),
    counts: () => [...earlier, redactor].map((each) => each.counts()).reduce(summed),
    apply(config) {
      earlier.push(redactor);
      redactor = made(config);
      mode = config.mode;
    },
    async end() {
      await Promise.all([...earlier, redactor].map((each) => each.end()));
    },
  };
}
