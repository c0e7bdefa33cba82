// Part of protocols/xray: exception events as a cause. Ids follow from span and position, so a resend has the same bytes.
import { type Span, type SpanEvent, SpanKind, StatusCode } from '../../../model/otlp.ts';
import { type Exception, type Frame, parseStack } from '../../stacktrace/index.ts';
import { derivedId } from '../ids.ts';
import type { CauseBlock, ExceptionBlock, StackFrame } from './document.ts';
import { type Reader, shorten, takeText } from './reader.ts';
import { unixNanoToSeconds } from './values.ts';

/** Deep recursion prints a thousand frames; the newest tell the story. */
const MAX_STACK_FRAMES = 50;

export function isException(event: SpanEvent): boolean {
  return event.name === 'exception';
}

export interface Cause {
  block: CauseBlock | undefined;
  /** Stack traces in a form that no parser knows; they go to metadata whole. */
  unparsed: string[];
}

export function causeOf(span: Span, reader: Reader, language: string | undefined, isAws: boolean): Cause {
  const remote = span.kind === SpanKind.CLIENT || span.kind === SpanKind.PRODUCER ? true : undefined;
  const exceptions: ExceptionBlock[] = [];
  const unparsed: string[] = [];
  for (const event of span.events) {
    if (!isException(event)) continue;
    const text = event.attributes.get('exception.stacktrace');
    const parsed = typeof text === 'string' ? parseStack(text, language) : undefined;
    if (!parsed && typeof text === 'string' && text !== '') unparsed.push(text);
    exceptions.push(...toExceptions(event, parsed ?? [], span.spanId, exceptions.length, remote));
  }
  if (exceptions.length === 0 && span.status.code === StatusCode.ERROR) {
    const message = span.status.message || takeText(reader, 'http.status_text');
    if (message) exceptions.push({ ...block(span.spanId, 0, remote), message });
  }
  if (isAws) exceptions.push(...failedAttempts(span, exceptions.length));
  return { block: exceptions.length === 0 ? undefined : { exceptions }, unparsed };
}

/** Each attempt of an AWS SDK that failed, in the form that the X-Ray console knows: `code@seconds@text`. */
function failedAttempts(span: Span, firstIndex: number): ExceptionBlock[] {
  const attempts = span.events.filter(({ name }) => name === 'HTTP request failure');
  return attempts.map(({ timeUnixNano, attributes }, i) => {
    const code = attributes.get('http.response.status_code') ?? '';
    const text = attributes.get('aws.http.error_message') ?? '';
    const seconds = unixNanoToSeconds(timeUnixNano).toFixed(6);
    const made = block(span.spanId, firstIndex + i, true);
    return { ...made, type: 'aws.http.error.event', message: `${code}@${seconds}@${text}` };
  });
}

/** The exception and, after it, its causes, each naming the next. */
function toExceptions(
  event: SpanEvent,
  parsed: readonly Exception[],
  spanId: string,
  firstIndex: number,
  remote: true | undefined,
): ExceptionBlock[] {
  const [final, ...causes] = parsed;
  const type = event.attributes.get('exception.type');
  const message = event.attributes.get('exception.message');
  const chain = [
    {
      type: typeof type === 'string' && type !== '' ? type : (final?.type ?? ''),
      message: typeof message === 'string' ? message : (final?.message ?? ''),
      frames: final?.frames ?? [],
    },
    ...causes,
  ];
  return chain.map((exception, i) => ({
    ...block(spanId, firstIndex + i, remote),
    type: exception.type === '' ? undefined : shorten(exception.type),
    message: exception.message,
    truncated: Math.max(0, exception.frames.length - MAX_STACK_FRAMES) || undefined,
    cause: i + 1 < chain.length ? exceptionId(spanId, firstIndex + i + 1) : undefined,
    stack: exception.frames.length === 0 ? undefined : toStack(exception.frames),
  }));
}

function block(spanId: string, index: number, remote: true | undefined): ExceptionBlock {
  const id = exceptionId(spanId, index);
  return {
    id,
    type: undefined,
    message: '',
    remote,
    truncated: undefined,
    cause: undefined,
    stack: undefined,
  };
}

function exceptionId(spanId: string, index: number): string {
  return derivedId(`${spanId}!${index}`);
}

function toStack(frames: readonly Frame[]): StackFrame[] {
  return frames
    .slice(-MAX_STACK_FRAMES)
    .reverse()
    .map(({ file, line, function: label }) => ({ path: shorten(file), line, label: shorten(label) }));
}
