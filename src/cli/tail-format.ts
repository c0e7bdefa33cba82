// Part of cli: a span or a log record as a line: for people, as logfmt, JSON or Markdown.
import type { Attributes, AttributeValue, LogRow, SpanRow } from '../admin/api/shapes.ts';
import { SEVERITY_ERROR } from '../model/otlp.ts';

export interface Format {
  span(traceId: string, span: SpanRow): string;
  log(log: LogRow): string;
}

export interface FormatOptions {
  hasColours: boolean;
  /** Also what is on the span or record. */
  hasAttributes: boolean;
}

const TIME_FROM = 11;
const TIME_TO = 23;

function human({ hasColours, hasAttributes }: FormatOptions): Format {
  const paint = (colour: number, text: string) => (hasColours ? `\u001b[${colour}m${text}\u001b[0m` : text);
  const [RED, FAINT] = [31, 2];
  const attributes = (from: Attributes) =>
    hasAttributes
      ? Object.entries(from).map(([key, value]) => `    ${printable(key)}=${printable(textOf(value))}`)
      : [];
  return {
    span(traceId, span) {
      const { service, name, durationMs, error, statusMessage, attributes: own, events } = span;
      const status = own['http.response.status_code'] ?? own['http.status_code'];
      const mark = error ? paint(RED, 'ERROR') : 'ok';
      const words = [
        timeOf(span.startUnixNano).slice(TIME_FROM, TIME_TO),
        printable(service),
        printable(name),
        ...(status === undefined ? [] : [printable(textOf(status))]),
        `${durationMs.toFixed(1)} ms`,
        statusMessage ? `${mark}: ${printable(statusMessage)}` : mark,
        paint(FAINT, `trace ${traceId}`),
      ];
      const exceptions = events
        .filter((event) => event.name === 'exception')
        .map(
          ({ attributes: of }) =>
            `    ${printable(textOf(of['exception.type'] ?? ''))}: ${printable(textOf(of['exception.message'] ?? ''))}`,
        );
      return [words.join('  '), ...exceptions, ...attributes(own)].join('\n');
    },
    log(log) {
      const severity =
        log.severityNumber >= SEVERITY_ERROR ? paint(RED, printable(log.severity)) : printable(log.severity);
      const time = timeOf(log.timeUnixNano).slice(TIME_FROM, TIME_TO);
      const line = [time, printable(log.service), severity, printable(textOf(log.body))].join('  ');
      return [line, ...attributes(log.attributes)].join('\n');
    },
  };
}

function logfmt(): Format {
  const line = (pairs: Readonly<Record<string, AttributeValue | undefined>>) =>
    Object.entries(pairs)
      .flatMap(([key, value]) =>
        value === undefined ? [] : [`${key.replace(/[\s="\p{Cc}]/gu, '_')}=${quoted(textOf(value))}`],
      )
      .join(' ');
  return {
    span: (traceId, { id, parentId, service, name, startUnixNano, durationMs, error, attributes }) =>
      line({
        time: timeOf(startUnixNano),
        type: 'span',
        service,
        name,
        duration_ms: durationMs,
        error,
        trace_id: traceId,
        span_id: id,
        parent_id: parentId,
        ...attributes,
      }),
    log: ({ timeUnixNano, service, severity, body, traceId, spanId, attributes }) =>
      line({
        time: timeOf(timeUnixNano),
        type: 'log',
        service,
        severity,
        body,
        trace_id: traceId,
        span_id: spanId,
        ...attributes,
      }),
  };
}

function jsonLines(): Format {
  return {
    span: (traceId, { deliveries: _, ...span }) => JSON.stringify({ type: 'span', traceId, ...span }),
    log: ({ chips: _, ...log }) => JSON.stringify({ type: 'log', ...log }),
  };
}

function markdown({ hasAttributes }: FormatOptions): Format {
  const attributes = (from: Attributes) =>
    hasAttributes
      ? Object.entries(from).map(([key, value]) => `  - ${code(key)}: ${code(textOf(value))}`)
      : [];
  return {
    span: (traceId, { service, name, durationMs, error, attributes: own }) =>
      [
        `- ${error ? '**error** ' : ''}${code(name)}, ${code(service)}, ${durationMs.toFixed(1)} ms, trace ${code(traceId)}`,
        ...attributes(own),
      ].join('\n'),
    log: ({ service, severity, body, attributes: own }) =>
      [`- ${printable(severity)} ${code(service)}: ${code(textOf(body))}`, ...attributes(own)].join('\n'),
  };
}

export const FORMATS = { human, logfmt, json: jsonLines, markdown } as const satisfies Readonly<
  Record<string, (options: FormatOptions) => Format>
>;

function timeOf(unixNano: string): string {
  return new Date(Number(BigInt(unixNano) / 1_000_000n)).toISOString();
}

function textOf(value: AttributeValue): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

/** What an application sends must not be able to steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => (char === '\n' || char === '\t' ? ' ' : '\ufffd'));
}

function quoted(text: string): string {
  return /^[^\s="\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

function code(text: string): string {
  return `\`${printable(text).replaceAll('`', "'")}\``;
}
