// Part of the page: what one looks for first in a span, promoted above its attributes.
import type { Attributes, AttributeValue, SpanRow } from '../../api/shapes.ts';
import { nearestAppFrame } from './stack.ts';

export interface Fact {
  label: string;
  value: string;
  /** The attribute that it came from, so that one can filter by it. */
  key?: string;
  tone?: 'error';
}

export interface ExceptionFact {
  type: string;
  message: string;
  stack?: string;
  nearest?: string;
}

/** Old and new names of the semantic conventions, and X-Ray's. */
const FACTS: readonly (readonly [label: string, keys: readonly string[]])[] = [
  ['method', ['http.request.method', 'http.method']],
  ['route', ['http.route']],
  ['url', ['url.full', 'http.url', 'url.path', 'http.target']],
  ['status', ['http.response.status_code', 'http.status_code', 'rpc.grpc.status_code']],
  ['statement', ['db.query.text', 'db.statement']],
  ['database', ['db.namespace', 'db.name', 'db.system.name', 'db.system']],
  ['operation', ['rpc.method', 'messaging.operation.name', 'messaging.operation', 'aws.operation']],
  ['queue', ['messaging.destination.name', 'messaging.destination']],
  ['peer', ['server.address', 'net.peer.name', 'peer.service', 'net.peer.ip', 'http.host']],
  ['user', ['user.id', 'enduser.id', 'aws.xray.user']],
  ['client', ['client.address', 'http.client_ip']],
];

export function importantFacts(span: SpanRow): Fact[] {
  const facts: Fact[] = [];
  if (span.error && span.statusMessage)
    facts.push({ label: 'error', value: span.statusMessage, tone: 'error' });
  for (const [label, keys] of FACTS) {
    const key = keys.find((name) => span.attributes[name] !== undefined && span.attributes[name] !== '');
    if (key === undefined) continue;
    const value = asText(span.attributes[key] ?? null);
    const isBad = label === 'status' && Number(value) >= 500;
    facts.push({ label, value, key, ...(isBad && { tone: 'error' as const }) });
  }
  return facts;
}

export function exceptionsOf(span: SpanRow): ExceptionFact[] {
  return span.events
    .filter((event) => event.name === 'exception' || event.attributes['exception.type'] !== undefined)
    .map(({ attributes }) => {
      const stack = optionalText(attributes, 'exception.stacktrace');
      const nearest = stack && nearestAppFrame(stack);
      return {
        type: optionalText(attributes, 'exception.type') ?? 'exception',
        message: optionalText(attributes, 'exception.message') ?? '',
        ...(stack && { stack }),
        ...(nearest && { nearest }),
      };
    });
}

export function asText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** For hovering: the kind of a value is seldom what one looks for. */
export function typeOf(value: AttributeValue): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function optionalText(attributes: Attributes, key: string): string | undefined {
  const value = attributes[key];
  return value === undefined || value === null || value === '' ? undefined : asText(value);
}
