// Part of app: what looks at or changes a record before it is stored. The redactor is first: who comes after sees no secret.

import { RefusedError } from '../intake/intake.ts';
import type { Processor } from '../intake/process.ts';
import type { Clock } from '../model/clock.ts';
import { FIXES } from '../model/fixes.ts';
import type { Reason } from '../model/reasons.ts';
import type { Accepted, DestinationId } from '../model/signals.ts';
import type { BackgroundRedactor } from '../processors/redact/background.ts';
import type { RedactConfig } from '../processors/redact/config.ts';
import { createAdviser } from '../receivers/aws-xray/advice.ts';
import type { Sampling } from '../sampling/index.ts';
import { type AdviceBook, createAdviceBook } from '../telemetry/advice.ts';
import type { LogLine } from '../telemetry/logger.ts';
import { createRedaction, type Redaction } from './redaction.ts';

export interface Processors {
  processors: readonly Processor[];
  advice: AdviceBook;
  redaction: Redaction;
}

export interface ProcessorOptions {
  config: { redact: RedactConfig };
  off: Readonly<Partial<Record<DestinationId, Reason>>>;
  sampling: Sampling;
  log: LogLine;
  clock: Clock;
}

export function createProcessors({ config, off, sampling, log, clock }: ProcessorOptions): Processors {
  const redaction = createRedaction(config.redact, clock);
  const advice = createAdviceBook(log, clock);
  const adviser = createAdviser({ book: advice, sampling, isXRayOn: !off['aws-xray'], clock });
  return {
    processors: [redacting(redaction, log), adviser],
    advice,
    redaction,
  };
}

/** What the redactor fails on goes no further. */
export function redacting(redactor: Pick<BackgroundRedactor, 'redact'>, log: LogLine): Processor {
  return (accepted) => {
    try {
      const redacted = redactor.redact(accepted);
      return redacted instanceof Promise
        ? redacted.catch((error: unknown) => refuse(accepted, error as Error))
        : redacted;
    } catch (error) {
      return refuse(accepted, error as Error);
    }
  };

  function refuse({ signal, summary }: Accepted, { name, stack = '' }: Error): never {
    // The message may quote what was read: the place is enough to find the bug.
    log('error', 'redaction_failed', 'refused, and nothing of it kept: a bug in the redactor', {
      signal,
      items: summary.items,
      error: name,
      where: /^\s+at .*/m.exec(stack)?.[0].trim(),
      fix: FIXES.redaction_failed,
    });
    throw new RefusedError('redaction_failed', 'refused: a bug in the redactor, see the log of sidecast');
  }
}
