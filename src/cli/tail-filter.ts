// Part of cli: what of the stream somebody wants to see.
import type { Attributes, LogRow, SpanRow, TraceRow } from '../admin/api/shapes.ts';
import { durationMs } from '../config/option.ts';
import { SEVERITY_ERROR } from '../model/otlp.ts';

/** As typed, and understood already. */
export interface TypedTailFilter {
  service?: string;
  errors?: string;
  slow?: string;
  attr?: string;
}

export interface TailFilter {
  /** Whether it is worth to look at the trace's spans. */
  mayHave(row: TraceRow): boolean;
  takesSpan(span: SpanRow): boolean;
  takesLog(log: LogRow): boolean;
}

export function createFilter({ service, errors, slow, attr }: TypedTailFilter): TailFilter {
  const slowMs = slow === undefined ? 0 : durationMs().parse(slow);
  const [key = '', ...rest] = attr?.split('=') ?? [];
  const value = rest.join('=');
  const isService = (name: string) => service === undefined || name.toLowerCase() === service.toLowerCase();
  const hasAttribute = (...places: readonly Attributes[]) =>
    attr === undefined || places.some((place) => key in place && String(place[key]) === value);
  return {
    mayHave: ({ services, errors: found, durationMs: tookMs }) =>
      services.some(isService) && (errors === undefined || found > 0) && tookMs >= slowMs,
    takesSpan: (span) =>
      isService(span.service) &&
      (errors === undefined || span.error) &&
      span.durationMs >= slowMs &&
      hasAttribute(span.attributes, span.resource),
    // A log record takes no time.
    takesLog: (log) =>
      isService(log.service) &&
      (errors === undefined || log.severityNumber >= SEVERITY_ERROR) &&
      slow === undefined &&
      hasAttribute(log.attributes, log.resource),
  };
}
