// Part of the tests of protocols/otlp: answers, and which signal a body is.
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sniffJson, sniffProtobuf } from '../../../src/protocols/otlp/sniff.ts';
import {
  encodeExportResponse,
  encodeStatus,
  parseExportResponse,
  statusMessage,
} from '../../../src/protocols/otlp/status.ts';
import { capture, encode, itemsOf, requests, SIGNALS, typeOf } from './oracle.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const PROTOBUF = 'application/x-protobuf';

describe('answers', () => {
  it('are google.rpc.Status in both encodings', () => {
    const type = typeOf('google.rpc.Status');
    expect(type.toObject(type.decode(encodeStatus(3, 'no good: é', 'protobuf')))).toEqual({
      code: 3,
      message: 'no good: é',
    });
    expect(JSON.parse(Buffer.from(encodeStatus(14, 'later', 'json')).toString())).toEqual({
      code: 14,
      message: 'later',
    });
  });

  it('leave partial_success unset on full success', () => {
    expect(encodeExportResponse('traces', undefined, 'protobuf')).toHaveLength(0);
    expect(Buffer.from(encodeExportResponse('logs', undefined, 'json')).toString()).toBe('{}');
  });

  it("say what was rejected so that OpenTelemetry's exporters understand", () => {
    const partial = { rejected: 300, message: 'bad ids' };
    const bytes = encodeExportResponse('traces', partial, 'protobuf');
    expect(ProtobufTraceSerializer.deserializeResponse(bytes).partialSuccess).toMatchObject({
      rejectedSpans: 300,
      errorMessage: 'bad ids',
    });
    const text = encodeExportResponse('traces', partial, 'json');
    expect(JsonTraceSerializer.deserializeResponse(text).partialSuccess).toMatchObject({
      errorMessage: 'bad ids',
    });
  });

  it('can be read back, of every signal and encoding', () => {
    const partial = { rejected: 7, message: 'why' };
    for (const signal of SIGNALS) {
      expect(
        parseExportResponse(signal, encodeExportResponse(signal, partial, 'json'), 'application/json'),
      ).toEqual(partial);
      expect(
        parseExportResponse(signal, encodeExportResponse(signal, partial, 'protobuf'), PROTOBUF),
      ).toEqual(partial);
    }
  });
});

describe("a vendor's answer", () => {
  it('says nothing when it is empty, an empty partial_success, or cannot be read', () => {
    expect(parseExportResponse('traces', new Uint8Array(), PROTOBUF)).toBeUndefined();
    expect(parseExportResponse('traces', Buffer.from([0x0a, 0x00]), PROTOBUF)).toBeUndefined();
    expect(parseExportResponse('traces', json({ partialSuccess: {} }), 'application/json')).toBeUndefined();
    expect(parseExportResponse('traces', Buffer.from('<html>'), 'text/html')).toBeUndefined();
    expect(parseExportResponse('traces', Buffer.from('null'), 'application/json')).toBeUndefined();
  });

  it('counts rejections given as strings, and keeps a warning without rejections', () => {
    const body = json({ partialSuccess: { rejectedSpans: '3', errorMessage: 'x' } });
    expect(parseExportResponse('traces', body, 'application/json; charset=utf-8')).toEqual({
      rejected: 3,
      message: 'x',
    });
    const warning = json({ partialSuccess: { errorMessage: 'slow down' } });
    expect(parseExportResponse('traces', warning, 'application/json')).toEqual({
      rejected: 0,
      message: 'slow down',
    });
  });

  it('shows its words, in whatever shape', () => {
    expect(statusMessage(encodeStatus(3, 'bad', 'protobuf'), PROTOBUF)).toBe('bad');
    expect(statusMessage(encodeStatus(3, 'bad', 'json'), 'application/json')).toBe('bad');
    expect(statusMessage(json({ error: 'unknown API key' }), 'application/json')).toBe('unknown API key');
    expect(statusMessage(json({ error: { message: 'deep' } }), 'application/json')).toBe('deep');
    const problem = { type: 'about:blank', title: 'Not found', detail: 'no dataset' };
    expect(statusMessage(json(problem), 'application/problem+json')).toBe('Not found: no dataset');
    expect(statusMessage(Buffer.from('<html>'), 'text/html')).toBeUndefined();
    expect(statusMessage(Buffer.from('{'), 'application/json')).toBeUndefined();
    expect(statusMessage(new Uint8Array(), PROTOBUF)).toBeUndefined();
  });

  it('never makes us throw', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(PROTOBUF, 'application/json', ''),
        (body, type) => {
          parseExportResponse('logs', body, type);
          statusMessage(body, type);
        },
      ),
    );
  });
});

describe('telling the signal from the body', () => {
  it('knows the captured requests', () => {
    expect(sniffProtobuf(capture('python-otel/07-traces-posted-to-root.bin'))).toBe('traces');
    expect(sniffProtobuf(capture('go-otel/01-traces.bin'))).toBe('traces');
    expect(sniffProtobuf(capture('python-otel-auto/01-logs.bin'))).toBe('logs');
    expect(sniffProtobuf(capture('python-otel-auto/03-metrics.bin'))).toBe('metrics');
  });

  it('is never wrong: it says the right signal, or does not know', () => {
    for (const signal of SIGNALS) {
      fc.assert(
        fc.property(requests[signal], (request) => {
          const body = encode(signal, request);
          if (itemsOf(signal, body).length === 0) return;
          expect([signal, undefined]).toContain(sniffProtobuf(body));
        }),
        { numRuns: 300 },
      );
    }
  });

  it('does not know what has no items, or is no request', () => {
    expect(sniffProtobuf(encode('traces', { resourceSpans: [{ resource: {} }] }))).toBeUndefined();
    expect(sniffProtobuf(Buffer.from('hello'))).toBeUndefined();
  });

  it('goes by the first key in JSON', () => {
    expect(sniffJson('\uFEFF { "resourceLogs" : [')).toBe('logs');
    expect(sniffJson('{"resource_metrics":[')).toBe('metrics');
    expect(sniffJson('{"x":1}')).toBeUndefined();
  });
});
