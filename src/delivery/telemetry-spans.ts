// Part of delivery: spans of the application's own telemetry: what Rollbar's, AWS's and OTel's SDKs send becomes root traces.
import type { JournalRecord } from '../model/signals.ts';
import { spanAttribute } from '../protocols/otlp/append.ts';
import { clientUrls } from '../protocols/otlp/client-urls.ts';
import { type Chooser, EVERYTHING, oncePerPayload } from './choice.ts';

export type TelemetrySpans = 'mark' | 'skip' | 'keep';

const MARK = spanAttribute('sidecast.telemetry', true);

/** Vendors' hosts, as their documentation names them. */
const HOSTS =
  /^(?:api(?:\.eu1)?\.honeycomb\.io|api\.rollbar\.com|(?:xray|logs)(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws))$/;
/** On whatever host: a sidecar's, a proxy's. */
const PATHS = /^\/(?:api\/1\/item\/|GetSamplingRules|SamplingTargets)$/;
const OTLP_PATHS = /^\/v1\/(?:traces|logs|metrics)$/;
const OTLP_PORT = '4318';
/** What a URL has in it that one of these could match: parsing one takes 2 µs, and nearly none is telemetry. */
const HINTS = [
  'honeycomb',
  'rollbar',
  'amazonaws',
  'api\\.aws',
  'api/1/item/',
  'GetSamplingRules',
  'SamplingTargets',
  ':4318/',
];

/** `own`: what this process is told to send to. */
export function telemetryEndpoints(own: readonly URL[]): (url: string) => boolean {
  const origins = new Set(own.map(({ origin }) => origin));
  const hosts = own.map(({ hostname }) => hostname.replace(/[^\w-]/g, '\\$&'));
  const hint = new RegExp([...HINTS, ...hosts].join('|'), 'i');
  return (text) => {
    if (!hint.test(text) || !URL.canParse(text)) return false;
    const { origin, hostname, pathname, port } = new URL(text);
    if (origins.has(origin) || HOSTS.test(hostname) || PATHS.test(pathname)) return true;
    return port === OTLP_PORT && OTLP_PATHS.test(pathname);
  };
}

/** The indexes of a record's spans that are telemetry. */
export type FindTelemetry = (record: JournalRecord) => readonly number[];

export function telemetryFinder(isTelemetry: (url: string) => boolean): FindTelemetry {
  return oncePerPayload((record) =>
    urlsIn(record).flatMap(({ index, url }) => (isTelemetry(url) ? [index] : [])),
  );
}

/** What a destination shows as spans is marked there; elsewhere a CLIENT span is no line and no item. */
export function telemetrySpans(mode: Exclude<TelemetrySpans, 'keep'>, find: FindTelemetry): Chooser {
  return (record) => {
    if (record.signal !== 'traces' || record.origin.replayOf !== undefined) return EVERYTHING;
    const indexes = find(record);
    if (indexes.length === 0) return EVERYTHING;
    if (mode === 'mark') return { without: [], added: new Map(indexes.map((index) => [index, MARK])) };
    return { without: indexes.map((from) => ({ from, to: from + 1, code: 'telemetry' })) };
  };
}

function urlsIn({ payload }: JournalRecord): ReturnType<typeof clientUrls> {
  try {
    return clientUrls(payload);
  } catch {
    // What cannot be read is the encoder's to refuse.
    return [];
  }
}
