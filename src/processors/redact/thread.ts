// Part of processors/redact: the thread for what would keep the others waiting.
import type { Clock } from '../../model/clock.ts';
import { createQuestionThread } from '../../model/question-thread.ts';
import type { Accepted } from '../../model/signals.ts';
import type { RedactionCounts } from './counts.ts';
import type { RedactSettings } from './settings.ts';

export type Question = Pick<Accepted, 'signal' | 'payload' | 'summary'>;

/** `redacted` is absent where there was nothing to redact. An error's message may quote what was read, so it is not passed on. */
export type Answer = { id: number; counts: RedactionCounts } & (
  | { redacted?: Pick<Accepted, 'payload' | 'summary'> }
  | { failedAt: string }
);

export interface RedactThread {
  /** Leaves what it is given as it is. Rejects for bugs. */
  redact(accepted: Accepted): Promise<Accepted>;
  /** Fails what is under way. */
  end(): Promise<void>;
}

export function createRedactThread(
  file: URL,
  workerData: RedactSettings,
  clock: Clock,
  onCounts: (counts: RedactionCounts) => void,
): RedactThread {
  const options = { file, name: 'redact', workerData, purpose: 'redacts', clock };
  const thread = createQuestionThread<Question, Answer>(options);
  return {
    async redact(accepted) {
      const { signal, summary } = accepted;
      // A copy: the buffer may be a part of a larger one, and what is clean keeps its own.
      const payload = new Uint8Array(accepted.payload);
      const answer = await thread.ask({ signal, summary, payload }, [payload.buffer]);
      if ('failedAt' in answer) throw Object.assign(new Error(), { stack: answer.failedAt });
      onCounts(answer.counts);
      return answer.redacted ? { ...accepted, ...answer.redacted } : accepted;
    },
    end: thread.end,
  };
}
