// Part of the chaos tests: the dead letters of a data directory, as the ids under which the sandbox would know their items.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uuidOf } from '../../src/exporters/rollbar/uuid.ts';
import type { DestinationId } from '../../src/model/signals.ts';

export interface Letters {
  /** Items that were refused for good. */
  ids: ReadonlySet<string>;
  /** Items of requests of which the vendor refused some without saying which. */
  suspects: ReadonlySet<string>;
}

interface Letter {
  suspect: boolean;
  document?: string;
  otlp?: {
    resourceSpans?: readonly { scopeSpans: readonly { spans: readonly SpanIds[] }[] }[];
    resourceLogs?: readonly { scopeLogs: readonly { logRecords: readonly LogIds[] }[] }[];
    resourceMetrics?: readonly { scopeMetrics: readonly { metrics: readonly Metric[] }[] }[];
  };
}

interface SpanIds {
  traceId: string;
  spanId: string;
}

interface Named {
  attributes?: readonly { key: string; value: { stringValue?: string } }[];
}

interface LogIds extends Named, SpanIds {
  timeUnixNano: string;
  body?: { stringValue?: string };
}

interface Metric {
  sum?: { dataPoints: readonly Named[] };
  gauge?: { dataPoints: readonly Named[] };
}

export function readLetters(dataDir: string, destination: DestinationId): Letters {
  const [ids, suspects] = [new Set<string>(), new Set<string>()];
  for (const letter of lettersOf(join(dataDir, 'dead-letters'), destination)) {
    for (const id of idsOf(letter)) (letter.suspect ? suspects : ids).add(id);
  }
  return { ids, suspects };
}

function lettersOf(dir: string, destination: DestinationId): readonly Letter[] {
  const names = filesIn(dir).filter(
    (name) => name.startsWith(`${destination}-20`) && name.endsWith('.jsonl'),
  );
  return names.flatMap((name) =>
    readFileSync(join(dir, name), 'utf8')
      .split('\n')
      .flatMap((line) => parse(line)),
  );
}

function filesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** A line that a kill tore is no letter: what it was about is not settled either. */
function parse(line: string): Letter[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Letter];
  } catch {
    return [];
  }
}

function idsOf({ otlp = {}, document }: Letter): readonly string[] {
  const spans = (otlp.resourceSpans ?? []).flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap((scope) => scope.spans),
  );
  const logs = (otlp.resourceLogs ?? []).flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap((scope) => scope.logRecords),
  );
  const metrics = (otlp.resourceMetrics ?? []).flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap((scope) => scope.metrics),
  );
  const points = metrics.flatMap(({ sum, gauge }) => [
    ...(sum?.dataPoints ?? []),
    ...(gauge?.dataPoints ?? []),
  ]);
  return [
    ...spans.flatMap(spanIds),
    ...logs.flatMap(logIds),
    ...points.map((point) => `metric:${attribute(point, 'point.id')}`),
    ...(document ?? '').split('\n').flatMap(documentIds),
  ];
}

/** At Honeycomb, X-Ray, CloudWatch Logs and Rollbar. */
function spanIds({ traceId, spanId }: SpanIds): readonly string[] {
  const id = `${traceId}:${spanId}`;
  return [id, spanId, `${id}:access`, `${id}:error:0`, uuidOf(`${id}:0`)];
}

/** At Honeycomb and CloudWatch Logs, and at Rollbar. */
function logIds(record: LogIds): readonly string[] {
  const { timeUnixNano, traceId, spanId, body } = record;
  const exception = [attribute(record, 'exception.type'), attribute(record, 'exception.message')];
  const parts = ['log', timeUnixNano, traceId, spanId, ...exception, body?.stringValue];
  return [`log:${attribute(record, 'log.id')}`, uuidOf(parts.join(':'))];
}

function documentIds(text: string): readonly string[] {
  if (text === '') return [];
  const { trace_id: traceId, id: spanId } = JSON.parse(text) as { trace_id: string; id: string };
  return spanIds({ traceId: traceId.replaceAll('-', '').slice(1), spanId });
}

const attribute = ({ attributes = [] }: Named, key: string) =>
  attributes.find((candidate) => candidate.key === key)?.value.stringValue;
