// Part of the tests of protocols/otlp: requests as objects and back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allSpans } from '../../../src/correlation/exceptions.ts';
import { type AttributeValue, type PlacedSpan, SpanKind } from '../../../src/model/otlp.ts';
import {
  decodeLogs,
  decodeRaising,
  decodeTraces,
  eachNotableSpan,
  eachSpanAt,
} from '../../../src/protocols/otlp/decode.ts';
import { decodeSpan } from '../../../src/protocols/otlp/decode-span.ts';
import { encodeTraces } from '../../../src/protocols/otlp/encode.ts';
import { scan } from '../../../src/protocols/otlp/scan.ts';
import { capture, captureText, decode, encode, type Plain, requests } from './oracle.ts';

const hex = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString('hex');

/** An attribute value as protobufjs's toObject shows it, in the model's terms. */
function expected(any: Plain | undefined): AttributeValue {
  if (!any) return null;
  if ('intValue' in any) {
    const value = BigInt(any['intValue']);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  if ('bytesValue' in any) return new Uint8Array(Buffer.from(any['bytesValue'], 'base64'));
  if ('arrayValue' in any) return (any['arrayValue'].values ?? []).map(expected);
  if ('kvlistValue' in any) return attributes(any['kvlistValue'].values);
  return any['stringValue'] ?? any['boolValue'] ?? any['doubleValue'] ?? null;
}

const attributes = (list: Plain[] = []) => new Map(list.map(({ key = '', value }) => [key, expected(value)]));

describe('decoding traces', () => {
  it('finds what protobufjs finds, in any request', () => {
    fc.assert(
      fc.property(requests.traces, (request) => {
        const body = encode('traces', request);
        const wanted = (decode('traces', body)['resourceSpans'] ?? []).flatMap((resource: Plain) =>
          (resource['scopeSpans'] ?? [])
            .filter((scope: Plain) => scope['spans'])
            .map((scope: Plain) => ({
              resource: { attributes: attributes(resource['resource']?.attributes) },
              scope: {
                name: scope['scope']?.name ?? '',
                version: scope['scope']?.version ?? '',
                attributes: attributes(scope['scope']?.attributes),
              },
              spans: scope['spans'].map((span: Plain) => ({
                traceId: hex(span['traceId']),
                spanId: hex(span['spanId']),
                parentSpanId: hex(span['parentSpanId']),
                traceState: span['traceState'] ?? '',
                flags: span['flags'] ?? 0,
                name: span['name'] ?? '',
                kind: span['kind'] ?? 0,
                startTimeUnixNano: BigInt(span['startTimeUnixNano'] ?? 0),
                endTimeUnixNano: BigInt(span['endTimeUnixNano'] ?? 0),
                attributes: attributes(span['attributes']),
                events: (span['events'] ?? []).map((event: Plain) => ({
                  timeUnixNano: BigInt(event['timeUnixNano'] ?? 0),
                  name: event['name'] ?? '',
                  attributes: attributes(event['attributes']),
                })),
                links: (span['links'] ?? []).map((link: Plain) => ({
                  traceId: hex(link['traceId']),
                  spanId: hex(link['spanId']),
                  traceState: '',
                  attributes: attributes(link['attributes']),
                })),
                status: { code: span['status']?.code ?? 0, message: span['status']?.message ?? '' },
              })),
            })),
        );
        expect(decodeTraces(body)).toEqual(wanted);
        const visited: unknown[] = [];
        eachSpanAt(body, (source, from, to, { resource, scope }, index) =>
          visited.push({ span: decodeSpan(source, from, to), resource, scope, index }),
        );
        const all = allSpans(wanted).spans;
        expect(visited).toEqual(
          all.map(({ span, resource, scope, index }) => ({ span, resource, scope, index })),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('tells places apart by a key, and makes none of what is large', () => {
    const keyOf = (service: string, name: string, maxBytes = 1000) => {
      const keys: (string | undefined)[] = [];
      const span = decodeTraces(capture('python-otel/01-traces-batch-1.bin'))[0]!.spans[0]!;
      const resource = { attributes: new Map([['service.name', service]]) };
      const scope = { name, version: '', attributes: new Map() };
      const body = encodeTraces([{ resource, scope, spans: [span, span] }]);
      eachSpanAt(body, (_source, _from, _to, place) => keys.push(place.key(maxBytes)));
      expect(keys[0]).toBe(keys[1]);
      return keys[0];
    };
    expect(keyOf('shop', 'flask')).toBe(keyOf('shop', 'flask'));
    expect(new Set([keyOf('shop', 'flask'), keyOf('cart', 'flask'), keyOf('shop', 'redis')]).size).toBe(3);
    expect(keyOf('x'.repeat(990), 'flask')).toBeUndefined();
    expect(keyOf('x'.repeat(990), 'flask', 2000)).toBeDefined();
  });

  it('reads the Flask app with exact times and lower-case ids', () => {
    const [group] = decodeTraces(capture('python-otel/08-traces-2023-sdk-gzip.bin'));
    const shown = JSON.parse(captureText('python-otel/08-traces-2023-sdk-gzip.decoded.json'));
    const span = shown.resourceSpans[0].scopeSpans[0].spans[0];
    expect(group!.spans[0]).toMatchObject({
      traceId: span.traceId,
      spanId: span.spanId,
      name: span.name,
      startTimeUnixNano: BigInt(span.startTimeUnixNano),
      flags: 0,
    });
    expect(group!.resource.attributes.get('service.name')).toBe('backend-flask');
  });

  it('keeps nothing that aliases the body', () => {
    const span = {
      traceId: Buffer.alloc(16, 1),
      spanId: Buffer.alloc(8, 1),
      attributes: [{ key: 'k', value: { bytesValue: Buffer.from('abc') } }],
    };
    const body = encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const [group] = decodeTraces(body);
    body.fill(0);
    expect(group!.spans[0]!.traceId).toBe('01'.repeat(16));
    expect(group!.spans[0]!.attributes.get('k')).toEqual(new Uint8Array(Buffer.from('abc')));
  });

  it('finds a resource that stands behind its spans, and lets the last of equal keys win', () => {
    const part = (resource: Plain) => encode('traces', { resourceSpans: [resource] }).subarray(2);
    const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1) };
    const attribute = (n: number) => ({ key: 'k', value: { intValue: n } });
    const inner = Buffer.concat([
      part({ scopeSpans: [{ spans: [ids] }] }),
      part({ resource: { attributes: [attribute(1), attribute(2)] } }),
    ]);
    const [group] = decodeTraces(Buffer.concat([Buffer.from([0x0a, inner.length]), inner]));
    expect(group!.resource.attributes).toEqual(new Map([['k', 2]]));
    expect(group!.spans).toHaveLength(1);
  });
});

describe('decoding logs', () => {
  it('gives bodies, ids and both times', () => {
    const groups = decodeLogs(capture('python-otel-auto/01-logs.bin'));
    const records = groups.flatMap((group) => group.records);
    expect(records).toHaveLength(scan('logs', capture('python-otel-auto/01-logs.bin')).summary.items);
    const withTrace = records.find((record) => record.traceId !== '')!;
    expect(withTrace).toMatchObject({ severityText: expect.any(String), body: expect.any(String) });
    expect(withTrace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(withTrace.timeUnixNano).toBeGreaterThan(1_700_000_000_000_000_000n);
    expect(records.some((record) => record.attributes.has('exception.stacktrace'))).toBe(true);
  });

  it('gives structured bodies as maps', () => {
    const body = {
      kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{ intValue: -1 }, {}] } } }] },
    };
    const bytes = encode('logs', {
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body, eventName: 'e' }] }] }],
    });
    expect(decodeLogs(bytes)[0]!.records[0]).toMatchObject({
      body: new Map([['a', [-1, null]]]),
      eventName: 'e',
    });
  });
});

describe('encoding traces', () => {
  it('is undone by decoding', () => {
    fc.assert(
      fc.property(requests.traces, (request) => {
        const groups = decodeTraces(encode('traces', request));
        const whole = (_: string, value: unknown) =>
          typeof value === 'bigint' ? `${value}n` : value instanceof Map ? [...value] : value;
        expect(JSON.stringify(decodeTraces(encodeTraces(groups)), whole)).toBe(JSON.stringify(groups, whole));
      }),
      { numRuns: 150 },
    );
  });

  it('makes a request that the scan takes', () => {
    const groups = decodeTraces(capture('python-otel/02-traces-batch-2-errors.bin'));
    const { summary, invalid } = scan('traces', encodeTraces(groups));
    expect(summary).toEqual(scan('traces', capture('python-otel/02-traces-batch-2-errors.bin')).summary);
    expect(invalid).toEqual([]);
  });
});

describe('decoding of some spans only', () => {
  it('gives those that served a request or recorded an exception, with their places, and the parents in traces that failed', () => {
    const names = ['exception', 'retry', ''];
    const varied = requests.traces.map((request: Plain) => {
      for (const { scopeSpans = [] } of request['resourceSpans'] ?? [])
        for (const { spans = [] } of scopeSpans)
          spans.forEach((span: Plain, at: number) => {
            for (const event of span['events'] ?? []) event.name = names[at % 3];
          });
      return request;
    });
    fc.assert(
      fc.property(varied, (request) => {
        const body = encode('traces', request);
        const all = allSpans(decodeTraces(body));
        const raises = ({ span }: PlacedSpan) => span.events.some(({ name }) => name === 'exception');
        const isNotable = (one: PlacedSpan) => one.span.kind === SpanKind.SERVER || raises(one);

        const notable: PlacedSpan[] = [];
        eachNotableSpan(body, (span, resource, scope, index) =>
          notable.push({ span, resource, scope, index }),
        );
        const raising = decodeRaising(body);

        const plain = ({ index, span, resource, scope }: PlacedSpan) => ({ index, span, resource, scope });
        expect(notable).toEqual(all.spans.filter(isNotable).map(plain));
        expect(raising.spans).toEqual(all.spans.filter(raises).map(plain));
        const failed = new Set(raising.spans.map(({ span }) => span.traceId));
        const theirs = all.spans.filter(({ span }) => failed.has(span.traceId));
        expect(raising.parents()).toEqual(
          new Map(theirs.map(({ span }) => [span.spanId, span.parentSpanId])),
        );
      }),
      { numRuns: 150 },
    );
  });
});
