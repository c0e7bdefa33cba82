// Part of exporters/rollbar: an exception's stack as `body`. Rollbar groups by file and function names, so good frames matter most.
import { createHash } from 'node:crypto';
import { textOf } from '../../model/http-request.ts';
import { type Exception, type Frame, parseStack } from '../../protocols/stacktrace/index.ts';
import type { Occurrence } from './occurrence.ts';

interface RollbarFrame {
  filename: string;
  lineno?: number | undefined;
  colno?: number | undefined;
  method?: string | undefined;
  code?: string | undefined;
}

interface Trace {
  /** Most recent call last. */
  frames: readonly RollbarFrame[];
  exception: { class: string; message: string; description?: string };
}

export interface TraceBody {
  body: { trace: Trace } | { trace_chain: readonly Trace[] };
  /** Only where there are no frames to group by. */
  fingerprint: string | undefined;
}

/** The span's own context managers, which are on every stack that OTel's Python SDK records and on none that Rollbar's own does. */
const INSTRUMENTATION = /[\\/]opentelemetry[\\/](?:sdk[\\/])?trace[\\/]__init__\.py$/;

export function traceBody(occurrence: Occurrence): TraceBody {
  const { type, message, stack, resource } = occurrence;
  const language = textOf(resource.attributes, 'telemetry.sdk.language');
  const bare = bareClass(type, language);
  const parsed = stack === '' ? undefined : parseStack(stack, language);
  if (!parsed) return unparsed(occurrence, bare);
  const [, ...causes] = parsed;
  const traces = [
    toTrace(parsed[0]?.frames ?? [], bare, message),
    ...causes.map((cause) => fromCause(cause, language)),
  ];
  const [only] = traces;
  return {
    body: traces.length === 1 && only ? { trace: only } : { trace_chain: traces },
    fingerprint: undefined,
  };
}

function fromCause({ type, message, frames }: Exception, language: string | undefined): Trace {
  return toTrace(frames, bareClass(type, language) || 'Error', message);
}

function toTrace(frames: readonly Frame[], className: string, message: string): Trace {
  const kept = frames.filter(({ file }) => !INSTRUMENTATION.test(file));
  return { frames: kept.map(toFrame), exception: { class: className, message } };
}

function toFrame({ file, line, column, function: method, code }: Frame): RollbarFrame {
  return { filename: file, lineno: line || undefined, colno: column, method: method || undefined, code };
}

function unparsed(occurrence: Occurrence, className: string): TraceBody {
  const { message, stack, name, resource, attributes } = occurrence;
  const filename = stack === '' ? '<no stack trace>' : '<unparsed>';
  const exception = { class: className, message, ...(stack === '' ? {} : { description: stack }) };
  const service = textOf(resource.attributes, 'service.name');
  const kind = [service, className, name, textOf(attributes, 'http.route')].join('|');
  return {
    body: { trace: { frames: [{ filename }], exception } },
    fingerprint: createHash('sha1').update(kind).digest('hex'),
  };
}

/** OTel's Python SDK writes `module.Class` where pyrollbar writes `Class`: the same name, or items would not group with those. */
export function bareClass(type: string, language: string | undefined): string {
  return language === 'python' ? type.slice(type.lastIndexOf('.') + 1) : type;
}
