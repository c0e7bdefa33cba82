// Part of the tests: documents as SDKs really write them, and ids.
import { describe, expect, it } from 'vitest';
import { derivedId, fromXRayTraceId, spanIdOf, toXRayTraceId } from '../../../src/protocols/xray/ids.ts';
import { parseSegment, secondsToUnixNano } from '../../../src/protocols/xray/segment.ts';
import { capturedDocument } from './otlp-json.ts';

describe('parseSegment', () => {
  it('reads NaN, Infinity and lone surrogates of Python', () => {
    const segment = parseSegment(capturedDocument('python-xray/18-nan-infinity-lone-surrogate.udp.txt'));
    expect(segment?.metadata).toEqual({
      default: {
        nan: 'NaN',
        inf: 'Infinity',
        obj: {},
        bytes: [0, 255],
        emoji: '\u2601\ud83d\ude00\ud83d',
        none: null,
      },
    });
    expect(segment?.user).toBe('andrewbrown');
  });

  it('leaves strings alone that hold the words, also beside bare ones', () => {
    const text =
      '{"a":"NaN, \\"Infinity\\" and -Infinity","b":[NaN,-Infinity,{"NaN":Infinity}],"c":"\\\\","d":NaN}';
    expect(parseSegment(text)).toEqual({
      a: 'NaN, "Infinity" and -Infinity',
      b: ['NaN', '-Infinity', { NaN: 'Infinity' }],
      c: '\\',
      d: 'NaN',
    });
  });

  it('takes raw control characters and a byte order mark', () => {
    expect(parseSegment('\ufeff{"a":"x\ny\tz"}')).toEqual({ a: 'x\ny\tz' });
  });

  it.each(['', 'x', '[]', 'null', '"text"', '{"a":', '{"a":Nan}'])('is undefined for %j', (text) => {
    expect(parseSegment(text)).toBeUndefined();
  });

  it('gives up fast on a document that is made to be slow', () => {
    const startedMs = performance.now();
    expect(parseSegment(`{"a":"${'\\"'.repeat(200_000)}`)).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it('reads bytes within a larger buffer', () => {
    expect(parseSegment(Buffer.from('xx{"name":"é"}yy').subarray(2, 15))).toEqual({ name: 'é' });
  });
});

describe('secondsToUnixNano', () => {
  it('is exact to the microsecond, in every notation', () => {
    expect(secondsToUnixNano(JSON.parse('1795225151.9564557'))).toBe(1795225151956456000n);
    expect(secondsToUnixNano(JSON.parse('1.795226125646E9'))).toBe(1795226125646000000n);
    expect(secondsToUnixNano(JSON.parse('1795225928.7'))).toBe(1795225928700000000n);
    for (let micros = 0; micros < 1000; micros++) {
      const digits = String(micros * 997).padStart(6, '0');
      expect(secondsToUnixNano(Number(`1795225151.${digits}`))).toBe(BigInt(`1795225151${digits}000`));
    }
  });

  it('is 0 for what is no time', () => {
    for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      expect(secondsToUnixNano(seconds)).toBe(0n);
    }
  });
});

describe('ids', () => {
  it('converts trace ids both ways without loss', () => {
    const traceId = '5759e988bd862e3fe1be46a994272793';
    expect(toXRayTraceId(traceId)).toBe('1-5759e988-bd862e3fe1be46a994272793');
    expect(fromXRayTraceId(toXRayTraceId(traceId))).toBe(traceId);
    expect(fromXRayTraceId('1-5759E988-BD862E3FE1BE46A994272793')).toBe(traceId);
  });

  it.each(['', '1-5759e988', `2-${'a'.repeat(8)}-${'b'.repeat(24)}`, `1-${'0'.repeat(8)}-${'0'.repeat(24)}`])(
    'refuses the trace id %j',
    (text) => {
      expect(fromXRayTraceId(text)).toBeUndefined();
    },
  );

  it('refuses span ids that are zero or of another length', () => {
    expect(spanIdOf('53995C3F42CD8AD8')).toBe('53995c3f42cd8ad8');
    expect(spanIdOf('0000000000000000')).toBeUndefined();
    expect(spanIdOf('53995c3f42cd8ad')).toBeUndefined();
  });

  it('derives equal ids from equal seeds and different ones from neighbours', () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => derivedId(`dba1454f3db9062a!${i}`));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => spanIdOf(id) === id)).toBe(true);
    expect(derivedId('a!1')).toBe(derivedId('a!1'));
  });
});
