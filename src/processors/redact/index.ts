// Part of processors/redact: takes secrets out of what comes in, before anything of it is stored. What holds none keeps its bytes.
import type { Accepted } from '../../model/signals.ts';
import { scan } from '../../protocols/otlp/scan.ts';
import { readDocuments, summarizeDocuments } from '../../protocols/xray/datagram.ts';
import type { RedactionCounts } from './counts.ts';
import { redactDocuments } from './documents.ts';
import { createJudge, type JudgeOptions, USER_IDS } from './judge.ts';
import { createPrefilter } from './prefilter.ts';
import { createReplace } from './replace.ts';
import { redactRequest } from './requests.ts';
import type { Rule } from './rules.ts';

export interface RedactorOptions extends JudgeOptions {
  mode: 'mask' | 'hash' | 'off';
  /** Latin-1. Without one it is made. */
  hashKey: string | undefined;
}

export interface Redactor {
  /** Takes a small part of the time: the bytes that redacting it looks at more closely. 0 where nothing in it can be a secret. */
  dirtyBytes(accepted: Pick<Accepted, 'signal' | 'payload'>): number;
  /** Throws for bugs, with the payload in whatever state: what was handed in must not go on then. */
  redact(accepted: Accepted): Accepted;
  /** Values that were replaced, since the start. */
  counts(): RedactionCounts;
}

export function createRedactor(options: RedactorOptions): Redactor {
  const { mode, users, deny, patterns } = options;
  const counts: Partial<Record<Rule, number>> = {};
  if (mode === 'off') return { dirtyBytes: () => 0, redact: (accepted) => accepted, counts: () => counts };
  const judge = createJudge(options);
  const replace = createReplace(mode, options.hashKey);
  const isSearchable = patterns.length === 0;
  // `user` is a word of X-Ray's own, in nearly every URL and text as well: with hashing, documents are read whole.
  const mayHoldSecrets = createPrefilter([...deny, ...(users === 'hash' ? USER_IDS : [])]);
  const onFound = (rule: Rule) => {
    counts[rule] = (counts[rule] ?? 0) + 1;
  };

  const isReadWhole = (isJson: boolean) => !isSearchable || (isJson && users === 'hash');
  const isDirty = (bytes: Uint8Array, isJson: boolean) =>
    isReadWhole(isJson) || mayHoldSecrets(bytes, isJson);
  const isDirtyDocument = (document: Uint8Array) => isDirty(document, true);

  return {
    dirtyBytes({ signal, payload }) {
      const isJson = signal === 'segments';
      if (!isDirty(payload, isJson)) return 0;
      if (!isJson) return payload.length;
      return readDocuments(payload).reduce((sum, one) => sum + (isDirtyDocument(one) ? one.length : 0), 0);
    },
    counts: () => counts,
    redact(accepted) {
      const { signal, payload } = accepted;
      const isJson = signal === 'segments';
      if (!isDirty(payload, isJson)) return accepted;
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
      const redacted = isJson
        ? redactDocuments(bytes, judge, replace, onFound, isDirtyDocument)
        : redactRequest(signal, bytes, judge, replace, onFound, isSearchable ? mayHoldSecrets : undefined);
      const summary = isJson
        ? {
            ...summarizeDocuments(redacted),
            services: accepted.summary.services,
          }
        : scan(signal, redacted).summary;
      return { ...accepted, payload: redacted === bytes ? payload : redacted, summary };
    },
  };
}
