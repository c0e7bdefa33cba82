// Part of the tests of protocols/otlp: OTLP/JSON in both directions.
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLogs, decodeTraces } from '../../../src/protocols/otlp/decode.ts';
import { jsonToProtobuf, jsonToProtobufSteps, protobufToJson } from '../../../src/protocols/otlp/json.ts';
import { MalformedError } from '../../../src/protocols/otlp/malformed.ts';
import { scan } from '../../../src/protocols/otlp/scan.ts';
import { capture, captureText, decode, encode, type Plain, requests, SIGNALS } from './oracle.ts';

const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const spanJson = (span: Plain) => ({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, ...span }] }] }] });
const read = (span: Plain | string) => {
  const text = typeof span === 'string' ? span : JSON.stringify(spanJson(span));
  return decodeTraces(jsonToProtobuf('traces', text))[0]!.spans[0]!;
};
const value = (any: unknown) => read({ attributes: [{ key: 'k', value: any }] }).attributes.get('k');
const error = (text: string, signal: (typeof SIGNALS)[number] = 'traces') => {
  try {
    jsonToProtobuf(signal, text);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(MalformedError);
    return (thrown as Error).message;
  }
  throw new Error('was taken');
};

describe('JSON to protobuf', () => {
  it('takes what the Node SDK sends, of each signal', () => {
    const traces = scan('traces', jsonToProtobuf('traces', captureText('node-otel/01-traces-json.json')));
    expect(traces.invalid).toEqual([]);
    expect(traces.summary.items).toBeGreaterThan(0);
    const logs = decodeLogs(jsonToProtobuf('logs', captureText('node-otel/02-logs-json.json')));
    expect(logs[0]!.records.some((record) => record.body instanceof Map)).toBe(true);
    const metrics = scan('metrics', jsonToProtobuf('metrics', captureText('node-otel/03-metrics-json.json')));
    expect(metrics.summary.items).toBeGreaterThan(0);
  });

  it('turns the null that stands for NaN back into NaN', () => {
    const spans = decodeTraces(jsonToProtobuf('traces', captureText('node-otel/01-traces-json.json')));
    const values = spans.flatMap((group) => group.spans).flatMap((span) => [...span.attributes.values()]);
    expect(values.filter((v) => Number.isNaN(v))).toHaveLength(1);
    expect(value({ stringValue: 'x', doubleValue: null })).toBe('x');
  });

  it('takes ids in either case', () => {
    expect(read({ traceId: ids.traceId.toUpperCase() }).traceId).toBe(ids.traceId);
  });

  it('takes 64-bit integers as strings and as numbers, to the last digit', () => {
    expect(value({ intValue: '3' })).toBe(3);
    expect(value({ intValue: 3 })).toBe(3);
    expect(value({ intValue: -1 })).toBe(-1);
    expect(value({ intValue: '-9223372036854775808' })).toBe(-(2n ** 63n));
    const text = JSON.stringify(spanJson({ name: 'digits: 1795226125646000001,' }));
    const exact = text.replace('"name"', '"startTimeUnixNano": 1795226125646000001 ,"name"');
    expect(read(exact)).toMatchObject({
      startTimeUnixNano: 1795226125646000001n,
      name: 'digits: 1795226125646000001,',
    });
    const doubles =
      '{"arrayValue":{"values":[{"doubleValue":36028797018963970},{"doubleValue":-1.2345678901234567e-8}]}}';
    const withDoubles = text.replace('"name"', `"attributes":[{"key":"k","value":${doubles}}],"name"`);
    expect(read(withDoubles).attributes.get('k')).toEqual([36028797018963970, -1.2345678901234567e-8]);
    expect(read({ endTimeUnixNano: '1795226125646000003' }).endTimeUnixNano).toBe(1795226125646000003n);
  });

  it('takes enum numbers, and names too', () => {
    expect(read({ kind: 2, status: { code: 2 } })).toMatchObject({ kind: 2, status: { code: 2 } });
    expect(read({ kind: 'SPAN_KIND_SERVER', status: { code: 'STATUS_CODE_ERROR' } })).toMatchObject({
      kind: 2,
      status: { code: 2 },
    });
  });

  it('takes snake_case keys and ignores unknown ones, whatever they hold', () => {
    const text = JSON.stringify({
      new: [{ resourceSpans: 1 }, null],
      resource_spans: [
        { future: 1, scope_spans: [{ spans: [{ trace_id: ids.traceId, span_id: ids.spanId, x: {} }] }] },
      ],
    });
    expect(read(text)).toMatchObject(ids);
  });

  it('takes every kind of value', () => {
    expect(value({})).toBeNull();
    expect(value(null)).toBeNull();
    expect(value({ boolValue: false })).toBe(false);
    expect(value({ doubleValue: '-Infinity' })).toBe(Number.NEGATIVE_INFINITY);
    expect(value({ doubleValue: 1e300 })).toBe(1e300);
    expect(value({ bytesValue: '//79' })).toEqual(new Uint8Array([255, 254, 253]));
    expect(value({ bytesValue: '__79' })).toEqual(new Uint8Array([255, 254, 253]));
    expect(value({ arrayValue: { values: [{ intValue: 1 }, {}, null] } })).toEqual([1, null, null]);
    expect(value({ kvlistValue: { values: [{ key: 'a', value: { stringValue: 'é😀' } }] } })).toEqual(
      new Map([['a', 'é😀']]),
    );
  });

  it('makes valid UTF-8 of a lone surrogate', () => {
    expect(read(JSON.stringify(spanJson({ name: 'a\ud800b' }))).name).toBe('a\ufffdb');
  });

  it('leaves an id of the wrong length to the scan, so that the other spans are kept', () => {
    const spans = [ids, { ...ids, traceId: 'abc' }, { ...ids, spanId: '00ff' }, { ...ids, traceId: '' }];
    const text = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    expect(scan('traces', jsonToProtobuf('traces', text)).invalid).toEqual([1, 2, 3]);
  });

  it.each([
    [
      spanJson({ traceId: 'W47/95gDgQPSabYzgd/T2g==' }),
      'resourceSpans[0].scopeSpans[0].spans[0].traceId',
      'hex',
    ],
    [spanJson({ name: 3 }), 'resourceSpans[0].scopeSpans[0].spans[0].name', 'a string'],
    [spanJson({ kind: 'SERVER' }), 'spans[0].kind', 'enum'],
    [spanJson({ startTimeUnixNano: 1.5 }), 'startTimeUnixNano', 'whole number'],
    [spanJson({ startTimeUnixNano: '18446744073709551616' }), 'startTimeUnixNano', '64 bits'],
    [spanJson({ attributes: {} }), 'attributes', 'an array'],
    [spanJson({ attributes: [{ value: { bytesValue: '§' } }] }), 'attributes[0].value.bytesValue', 'base64'],
    [spanJson({ attributes: [{ value: { boolValue: 1 } }] }), 'boolValue', 'true or false'],
    [{ resourceSpans: [{ scopeSpans: [3] }] }, 'resourceSpans[0].scopeSpans[0]', 'an object'],
    [{ resourceSpans: {} }, 'resourceSpans', 'an array'],
  ])('names the path of what is wrong: %j', (json, path, expected) => {
    expect(error(JSON.stringify(json))).toContain(path);
    expect(error(JSON.stringify(json))).toContain(expected);
  });

  it.each([
    '',
    'x',
    '[]',
    '{',
    '{"resourceSpans":[',
    '{}x',
    '{"a":}',
    '{"a" 1}',
    '{"resourceSpans":[{},]}',
    '"',
    '{"a":"\\',
  ])('refuses %j', (text) => {
    expect(error(text)).toBeTruthy();
  });

  it('refuses what is nested too deeply, without running out of stack', () => {
    expect(error(`{"x":${'['.repeat(1_000_000)}`)).toContain('too deeply');
    const deep = '{"arrayValue":{"values":['.repeat(5000);
    expect(error(`{"resourceSpans":[{"resource":{"attributes":[{"value":${deep}`)).toContain('too deeply');
  });

  it('never fails in another way, whatever the text', () => {
    const json = captureText('node-otel/01-traces-json.json');
    const texts = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .tuple(fc.nat(json.length), fc.string({ maxLength: 3 }))
        .map(([at, text]) => json.slice(0, at) + text + json.slice(at + 1)),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...SIGNALS), (text, signal) => {
        try {
          scan(signal, jsonToProtobuf(signal, text));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('converts a large text in many short steps', () => {
    const spans = Array.from({ length: 3000 }, () => ({ ...ids, name: 'x'.repeat(100) }));
    const text = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const steps = jsonToProtobufSteps('traces', text);
    let count = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) count++;
    expect(count).toBeGreaterThan(text.length / 65_536);
    expect(scan('traces', step.value).summary.items).toBe(3000);
  });
});

describe('JSON and protobuf', () => {
  it.each(SIGNALS)('say the same after a round trip: %s', (signal) => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const body = encode(signal, request);
        const json = JSON.stringify(protobufToJson(signal, body));
        expect(decode(signal, jsonToProtobuf(signal, json))).toEqual(decode(signal, body));
      }),
      { numRuns: 200 },
    );
  });

  it('agrees with what the capture tool showed for real requests', () => {
    for (const path of [
      'python-otel/01-traces-batch-1',
      'python-otel/02-traces-batch-2-errors',
      'java-otel/01-traces',
    ]) {
      const shown = jsonToProtobuf('traces', captureText(`${path}.decoded.json`));
      expect(decodeTraces(shown)).toEqual(decodeTraces(capture(`${path}.bin`)));
    }
    const shown = jsonToProtobuf('metrics', captureText('python-otel-auto/03-metrics.decoded.json'));
    expect(decode('metrics', shown)).toEqual(decode('metrics', capture('python-otel-auto/03-metrics.bin')));
  });

  it("agrees with OpenTelemetry's own two serializers", () => {
    const context = { traceId: ids.traceId, spanId: ids.spanId, traceFlags: 1 };
    const resource = { attributes: { 'service.name': 's' }, getRawAttributes: () => [] };
    const instrumentationScope = { name: 'scope', version: '1' };
    const attributes = { text: 'é', int: 7, double: 1.5, list: ['a', 'b'], yes: true };
    const span = {
      name: 'op',
      kind: 1,
      spanContext: () => context,
      parentSpanContext: { ...context, spanId: '1111111111111111' },
      startTime: [1_795_226_125, 646_000_001],
      endTime: [1_795_226_126, 5],
      status: { code: 2, message: 'no' },
      attributes,
      links: [{ context, attributes: {} }],
      events: [{ name: 'exception', time: [1_795_226_126, 1], attributes: { a: 1 } }],
      duration: [1, 0],
      ended: true,
      resource,
      instrumentationScope,
      droppedAttributesCount: 1,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    } as never;
    const fromJson = jsonToProtobuf(
      'traces',
      Buffer.from(JsonTraceSerializer.serializeRequest([span])!).toString(),
    );
    const direct = ProtobufTraceSerializer.serializeRequest([span])!;
    expect(decodeTraces(fromJson)).toEqual(decodeTraces(direct));
    expect(decodeTraces(fromJson)[0]!.spans[0]!.status).toEqual({ code: 2, message: 'no' });
    const log = {
      hrTime: [1_795_226_125, 1],
      hrTimeObserved: [1_795_226_125, 2],
      spanContext: context,
      severityNumber: 17,
      severityText: 'ERROR',
      body: { deep: [1, null] },
      eventName: 'e',
      resource,
      instrumentationScope,
      attributes,
      droppedAttributesCount: 0,
    } as never;
    const logs = jsonToProtobuf('logs', Buffer.from(JsonLogsSerializer.serializeRequest([log])!).toString());
    expect(decodeLogs(logs)).toEqual(decodeLogs(ProtobufLogsSerializer.serializeRequest([log])!));
  });
});
