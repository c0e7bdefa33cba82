// Part of the tests: what the sandbox's vendors hold, in the words of the tests.
import type { Sandbox } from '../../src/sandbox/index.ts';

/** As the Flask instrumentation made it; spans that were made from segments have another scope. */
export interface ServerSpan {
  traceId: string;
  spanId: string;
  target: string;
}

export function serverSpans(sandbox: Sandbox): ServerSpan[] {
  const spans = sandbox.items('honeycomb') as readonly {
    traceId: string;
    spanId: string;
    kind: unknown;
    attributes: Record<string, unknown>;
    scope: { name?: string };
  }[];
  return spans
    .filter(({ kind, scope }) => scope.name === 'opentelemetry.instrumentation.flask' && isServer(kind))
    .map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      target: String(attributes['http.target']),
    }));
}

/** The enum's name or number, as the sandbox's decoder has it. */
const isServer = (kind: unknown) => kind === 2 || kind === 'SPAN_KIND_SERVER';

export const documents = (sandbox: Sandbox) => sandbox.items('aws-xray') as readonly string[];

export interface AccessLine {
  event_id: string;
  service: string;
  message: string;
  http: { path: string; status: number };
}

export function accessLines(sandbox: Sandbox): AccessLine[] {
  const events = sandbox.items('aws-cloudwatch-logs') as readonly { message: string }[];
  return events
    .map(({ message }) => JSON.parse(message) as AccessLine)
    .filter(({ event_id }) => event_id.endsWith(':access'));
}

export interface Trace {
  exception: { class: string; message: string };
  frames: readonly { filename: string; lineno: number; method: string }[];
}

/** By the trace that it happened in. */
export function exceptionsIn(sandbox: Sandbox, traceId: string): Trace[] {
  const items = sandbox.items('rollbar') as readonly {
    data: { custom: { trace_id: string }; body: { trace?: Trace; trace_chain?: readonly Trace[] } };
  }[];
  return items
    .filter(({ data }) => data.custom.trace_id === traceId)
    .flatMap(({ data: { body } }) => body.trace_chain ?? (body.trace ? [body.trace] : []));
}
