// Part of the tests: datagrams are taken exactly as the X-Ray daemon takes them.
import { describe, expect, it } from 'vitest';
import {
  frameDocuments,
  parseDatagram,
  readDocuments,
  summarizeDocuments,
} from '../../../src/protocols/xray/datagram.ts';
import { capturedDocument, readCapture } from './otlp-json.ts';

const bytes = (text: string) => Buffer.from(text);
const parsed = (text: string) => {
  const datagram = parseDatagram(bytes(text));
  return datagram.ok ? Buffer.from(datagram.document).toString() : datagram.code;
};

describe('parseDatagram', () => {
  it.each([
    'python-xray/01-segment-health-local-rule.udp.txt',
    'node-xray/02-segment-rule.udp.txt',
    'go-xray/02-segment-rule.udp.txt',
    'java-xray/01-segment-exception-chain.udp.txt',
    'python-xray/18-nan-infinity-lone-surrogate.udp.txt',
  ])('takes the document of %s byte for byte', (path) => {
    expect(parsed(readCapture(path))).toBe(capturedDocument(path));
  });

  it('keeps newlines within and after the document, and what is no JSON', () => {
    expect(parsed('{"format":"json","version":1}\nx')).toBe('x');
    expect(parsed('{"format":"json","version":1}\n{\n}\n')).toBe('{\n}\n');
    expect(parsed('{"format": "json", "version": 1}\n\n')).toBe('\n');
  });

  it.each([
    '{"version":1,"format":"json"}',
    ' { "format" : "JSON" , "version" : 1 , "more": {"version": 2} } ',
    '{"Format":"Json","VERSION":1}',
    '{"format":"\\u006ason","version":1}',
    '{"format":"x","version":7,"format":"json","version":1}',
    '{"format":"json","version":1,"version":null}',
    '{"format":"json","version":1,"version":"2","format":3}',
    '{"format":"json","version":1}\r',
  ])('takes the header %j, as Go does', (header) => {
    expect(parsed(`${header}\n{}`)).toBe('{}');
  });

  it.each([
    '',
    'garbage',
    '{}',
    'null',
    '[]',
    '{"format":"json"}',
    '{"format":"json","version":2}',
    '{"format":"json","version":"1"}',
    '{"format":"json","version":1.0}',
    '{"format":"json","version":1e0}',
    '{"format":"json","version":1} trailing',
    '{"format":"json","version":01}',
    '{"format":"xml","version":1}',
    '{"inner":{"format":"json","version":1}}',
    '[{"format":"json","version":1}]',
    '\ufeff{"format":"json","version":1}',
  ])('refuses the header %j, as Go does', (header) => {
    expect(parsed(`${header}\n{}`)).toBe('bad_header');
  });

  it('tells an empty datagram, a missing header and a missing document apart', () => {
    expect(parsed('')).toBe('empty');
    expect(parsed('{"format":"json","version":1}')).toBe('no_header');
    expect(parsed('{"format":"json","version":1}\n')).toBe('empty_document');
    expect(parsed('garbage\n')).toBe('empty_document');
  });
});

describe('framing', () => {
  it('gives back what it was given, in order and byte for byte', () => {
    const documents = ['{"a":1}\n', '\u0000\n\n', '', 'ü'.repeat(70_000)].map(bytes);
    expect(readDocuments(frameDocuments(documents)).map((document) => Buffer.from(document))).toEqual(
      documents,
    );
    expect(readDocuments(frameDocuments([]))).toEqual([]);
  });

  it('reads a payload that lies within a larger buffer', () => {
    const payload = frameDocuments([bytes('one'), bytes('two')]);
    const larger = Buffer.concat([Buffer.alloc(7), payload, Buffer.alloc(5)]);
    const view = larger.subarray(7, 7 + payload.length);
    expect(readDocuments(view).map((document) => Buffer.from(document).toString())).toEqual(['one', 'two']);
  });

  it.each([1, 3, 5])('throws on a payload that lacks its last %i bytes', (missing) => {
    const payload = frameDocuments([bytes('ab')]);
    expect(() => readDocuments(payload.subarray(0, payload.length - missing))).toThrow(RangeError);
  });
});

describe('summarizeDocuments', () => {
  const summary = (...documents: string[]) => summarizeDocuments(frameDocuments(documents.map(bytes)));

  it('counts documents, requests, errors and exceptions of real traffic', () => {
    const documents = [
      'python-xray/02-segment-home.udp.txt',
      'python-xray/07-segment-exception.udp.txt',
      'python-xray/09-segment-404.udp.txt',
      'python-xray/11-streamed-subsegment-first.udp.txt',
      'python-xray/17-chained-exception.udp.txt',
      'node-xray/05-segment-exception.udp.txt',
      'go-xray/04-streamed-subsegment.udp.txt',
    ].map(capturedDocument);
    expect(summary(...documents)).toEqual({
      items: 7,
      serverSpans: 4,
      errors: 4,
      exceptions: 3,
      untimed: 0,
      services: [],
    });
  });

  it('takes a lone subsegment with http for no request', () => {
    expect(summary('{"type":"subsegment","http":{}}').serverSpans).toBe(0);
    expect(summary('{"http":{},"subsegments":[{"type": "subsegment"}]}').serverSpans).toBe(1);
  });

  it('counts only flags that are true', () => {
    expect(
      summary('{"fault":false,"ok":true}', '{"fault" : true}', '{"error":true}', '{"s":"fault true"}').errors,
    ).toBe(2);
  });

  it('keeps documents apart, and takes only whole names for what it looks for', () => {
    const request = '{"http":{},"cause":{"exceptions":[]},"fault":true}';
    const other = '{"a":"http","xhttp":1,"no exceptions":1,"default":true,"x":"subsegments"}';

    for (const documents of [
      [request, other, '{}'],
      ['{}', other, request],
      ['{"type":"subsegment","http":{}}', request, '{"fault":false,"subsegments":[]}'],
      ['{"http":1', '"fault":', 'true', request.slice(1)],
    ]) {
      const each = documents.map((document) => summary(document));
      const sum = (of: 'serverSpans' | 'errors' | 'exceptions') =>
        each.reduce((total, one) => total + one[of], 0);
      expect(summary(...documents)).toMatchObject({
        items: documents.length,
        serverSpans: sum('serverSpans'),
        errors: sum('errors'),
        exceptions: sum('exceptions'),
      });
    }
    expect(summary(other)).toMatchObject({ serverSpans: 1, errors: 0, exceptions: 0 });
    expect(summary(request)).toMatchObject({ serverSpans: 1, errors: 1, exceptions: 1 });
  });
});
