// Part of the tests of protocols/xray: captured OTLP/JSON as the model's types, without the decoder under test elsewhere.
import { readFileSync } from 'node:fs';
import type { Attributes, AttributeValue, SpanGroup } from '../../../src/model/otlp.ts';

type Json = Record<string, unknown>;

const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);

export function readCapture(path: string): string {
  return readFileSync(new URL(`../../fixtures/captures/${path}`, import.meta.url), 'utf8');
}

/** The document of a captured datagram. */
export function capturedDocument(path: string): string {
  const text = readCapture(path);
  return text.slice(text.indexOf('\n') + 1);
}

export function capturedSpans(path: string): SpanGroup[] {
  const request = JSON.parse(readCapture(path)) as Json;
  return list(request['resourceSpans']).flatMap((resourceSpans) => {
    const resource = {
      attributes: attributesOf((resourceSpans['resource'] as Json | undefined)?.['attributes']),
    };
    return list(resourceSpans['scopeSpans']).map((scopeSpans) => {
      const scope = (scopeSpans['scope'] ?? {}) as Json;
      return {
        resource,
        scope: {
          name: String(scope['name'] ?? ''),
          version: String(scope['version'] ?? ''),
          attributes: new Map(),
        },
        spans: list(scopeSpans['spans']).map((span) => {
          const status = (span['status'] ?? {}) as Json;
          return {
            traceId: String(span['traceId']),
            spanId: String(span['spanId']),
            parentSpanId: String(span['parentSpanId'] ?? ''),
            traceState: '',
            flags: Number(span['flags'] ?? 0),
            name: String(span['name']),
            kind: Number(span['kind']),
            startTimeUnixNano: BigInt(String(span['startTimeUnixNano'])),
            endTimeUnixNano: BigInt(String(span['endTimeUnixNano'])),
            attributes: attributesOf(span['attributes']),
            events: list(span['events']).map((event) => ({
              name: String(event['name']),
              timeUnixNano: BigInt(String(event['timeUnixNano'])),
              attributes: attributesOf(event['attributes']),
            })),
            links: list(span['links']).map((link) => ({
              traceId: String(link['traceId']),
              spanId: String(link['spanId']),
              traceState: '',
              attributes: attributesOf(link['attributes']),
            })),
            status: { code: Number(status['code'] ?? 0), message: String(status['message'] ?? '') },
          };
        }),
      };
    });
  });
}

function attributesOf(value: unknown): Attributes {
  return new Map(list(value).map((pair) => [String(pair['key']), attributeValue(pair['value'] as Json)]));
}

function attributeValue(value: Json): AttributeValue {
  if ('stringValue' in value) return String(value['stringValue']);
  if ('intValue' in value) return Number(value['intValue']);
  if ('doubleValue' in value)
    return value['doubleValue'] === null ? Number.NaN : Number(value['doubleValue']);
  if ('boolValue' in value) return Boolean(value['boolValue']);
  if ('arrayValue' in value) return list((value['arrayValue'] as Json)['values']).map(attributeValue);
  return null;
}
