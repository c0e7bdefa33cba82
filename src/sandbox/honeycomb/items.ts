// Part of the sandbox: the spans, log records and metric points of a request, each with its id and in a form people can read.
import { createHash } from 'node:crypto';
import type { OtlpSignal } from '../../model/signals.ts';
import { asObject } from '../vendor.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Item {
  /** `<trace id>:<span id>`, `log:<…>` or `metric:<…>`. */
  id: string;
  readable: Fields;
  attributes: Fields;
  resource: Fields;
  scope: Fields;
}

export function itemsOf(signal: OtlpSignal, message: Fields): Item[] {
  if (signal === 'traces') return inGroups(message['resourceSpans'], 'scopeSpans', 'spans', spanItem);
  if (signal === 'logs') return inGroups(message['resourceLogs'], 'scopeLogs', 'logRecords', logItem);
  return inGroups(message['resourceMetrics'], 'scopeMetrics', 'metrics', pointItems);
}

interface Context {
  resource: Fields;
  scope: Fields;
}

function inGroups(
  groups: unknown,
  scopesKey: string,
  itemsKey: string,
  read: (item: Fields, context: Context) => Item[],
): Item[] {
  return list(groups).flatMap((group) => {
    const resource = attributesOf(asObject(group['resource'])?.['attributes']);
    return list(group[scopesKey]).flatMap((scoped) => {
      const { attributes, ...scope } = asObject(scoped['scope']) ?? {};
      const context = { resource, scope: { ...scope, ...attributesOf(attributes) } };
      return list(scoped[itemsKey]).flatMap((item) => read(item, context));
    });
  });
}

function spanItem(span: Fields, { resource, scope }: Context): Item[] {
  const attributes = attributesOf(span['attributes']);
  const [traceId, spanId] = [hex(span['traceId']), hex(span['spanId'])];
  const readable = {
    ...span,
    traceId,
    spanId,
    parentSpanId: hex(span['parentSpanId']),
    attributes,
    events: list(span['events']).map((event) => ({
      ...event,
      attributes: attributesOf(event['attributes']),
    })),
    links: list(span['links']).map((link) => ({
      ...link,
      traceId: hex(link['traceId']),
      spanId: hex(link['spanId']),
      attributes: attributesOf(link['attributes']),
    })),
  };
  return [{ id: `${traceId}:${spanId}`, readable, attributes, resource, scope }];
}

function logItem(record: Fields, { resource, scope }: Context): Item[] {
  const attributes = attributesOf(record['attributes']);
  const named = attributes['log.id'];
  const readable = {
    ...record,
    traceId: hex(record['traceId']),
    spanId: hex(record['spanId']),
    body: readValue(record['body']),
    attributes,
  };
  const id = typeof named === 'string' ? named : digest([resource, scope, readable]);
  return [{ id: `log:${id}`, readable, attributes, resource, scope }];
}

const METRIC_KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

function pointItems(metric: Fields, { resource, scope }: Context): Item[] {
  return METRIC_KINDS.flatMap((kind) =>
    list(asObject(metric[kind])?.['dataPoints']).map((point) => {
      const attributes = attributesOf(point['attributes']);
      const readable = { metric: metric['name'], unit: metric['unit'], kind, ...point, attributes };
      const named = attributes['point.id'];
      const id = typeof named === 'string' ? named : digest([resource, scope, readable]);
      return { id: `metric:${id}`, readable, attributes, resource, scope };
    }),
  );
}

const list = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.map((element) => asObject(element) ?? {}) : [];

const hex = (base64: unknown) =>
  typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('hex') : '';

const digest = (value: unknown) => createHash('sha1').update(JSON.stringify(value)).digest('hex');

function attributesOf(pairs: unknown): Fields {
  return Object.fromEntries(
    list(pairs).map(({ key, value }) => [typeof key === 'string' ? key : '', readValue(value)]),
  );
}

/** Integers are numbers while they are safe; what JSON cannot hold is text. */
function readValue(value: unknown): unknown {
  const anyValue = asObject(value) ?? {};
  if (typeof anyValue['intValue'] === 'string') {
    const integer = Number(anyValue['intValue']);
    return Number.isSafeInteger(integer) ? integer : anyValue['intValue'];
  }
  if (typeof anyValue['doubleValue'] === 'number') {
    return Number.isFinite(anyValue['doubleValue'])
      ? anyValue['doubleValue']
      : String(anyValue['doubleValue']);
  }
  if (anyValue['arrayValue'] !== undefined)
    return list(asObject(anyValue['arrayValue'])?.['values']).map(readValue);
  if (anyValue['kvlistValue'] !== undefined)
    return attributesOf(asObject(anyValue['kvlistValue'])?.['values']);
  if (anyValue['bytesValue'] !== undefined) return hex(anyValue['bytesValue']);
  return anyValue['stringValue'] ?? anyValue['boolValue'] ?? null;
}
