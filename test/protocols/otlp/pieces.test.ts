// Part of the tests of protocols/otlp: large requests in pieces.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OtlpSignal } from '../../../src/model/signals.ts';
import { MalformedError } from '../../../src/protocols/otlp/malformed.ts';
import { type PieceLimits, pieces } from '../../../src/protocols/otlp/pieces.ts';
import { scan } from '../../../src/protocols/otlp/scan.ts';
import { decode, encode, itemsOf, requests, SIGNALS } from './oracle.ts';
import { placedItems, wireRequests } from './wire-trees.ts';

const cut = (signal: OtlpSignal, body: Uint8Array, limits: PieceLimits) =>
  [...pieces(signal, body, limits)].filter((piece) => piece !== undefined);
const limits = fc.record({ bytes: fc.integer({ min: 1, max: 2000 }), items: fc.integer({ min: 1, max: 5 }) });

/** A request of logs whose records are all empty: two bytes each. */
function emptyLogs(count: number, resourceBytes = 0): Buffer {
  const one = encode('logs', {
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'a', value: { stringValue: 'x'.repeat(resourceBytes) } }] },
        scopeLogs: [{ logRecords: Array.from({ length: count }, () => ({})) }],
      },
    ],
  });
  return Buffer.from(one);
}

describe.each(SIGNALS)('pieces of %s', (signal) => {
  it('hold each item once, in order, with its resource and scope, and no more than they may', () => {
    fc.assert(
      fc.property(requests[signal], limits, (request, limit) => {
        const body = encode(signal, request);
        fc.pre(body.length > 0);
        const found = cut(signal, body, { ...limit, bytes: Math.max(limit.bytes, body.length / 3) });
        expect(found.flatMap((piece) => itemsOf(signal, piece))).toEqual(itemsOf(signal, body));
        for (const piece of found) expect(scan(signal, piece).summary.items).toBeLessThanOrEqual(limit.items);
      }),
      { numRuns: 150 },
    );
  });

  it('hold each item once, in order, and all that stood beside it, known or not', () => {
    const bounds = fc.record({
      bytes: fc.integer({ min: 1, max: 800 }),
      items: fc.integer({ min: 1, max: 5 }),
    });
    let cuts = 0;
    fc.assert(
      fc.property(wireRequests(signal), bounds, (body, bound) => {
        const found = cutOrRefused(signal, body, bound);
        if (!found) return;
        cuts += found.length > 2 ? 1 : 0;
        expect(found.flatMap((piece) => placedItems(signal, piece))).toEqual(placedItems(signal, body));
        for (const piece of found) {
          const { length } = placedItems(signal, piece);
          expect(length).toBeLessThanOrEqual(bound.items);
          const besides = body.length - sizeOfItems(signal, body);
          if (length > 1) expect(piece.length).toBeLessThanOrEqual(bound.bytes + besides);
        }
      }),
      { numRuns: 400 },
    );
    expect(cuts).toBeGreaterThan(40);
  });

  it('are the body itself where that is small enough', () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const body = encode(signal, request);
        expect(cut(signal, body, { bytes: 1e6, items: 1e6 })).toEqual([body]);
      }),
      { numRuns: 50 },
    );
  });
});

/** Undefined where what stands beside the items is too much for so many pieces. */
function cutOrRefused(signal: OtlpSignal, body: Uint8Array, limits: PieceLimits): Uint8Array[] | undefined {
  try {
    return cut(signal, body, limits);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

const sizeOfItems = (signal: OtlpSignal, body: Uint8Array) =>
  placedItems(signal, body).reduce((sum, { item }) => sum + item.length / 2, 0);

describe('pieces', () => {
  const empty = Buffer.from([0x12, 0]);
  const nobodys = Buffer.from([0xa0, 0x01, 0]);
  const inside = (tag: number, content: Uint8Array) => {
    const length = [
      (content.length & 127) | 128,
      ((content.length >> 7) & 127) | 128,
      ((content.length >> 14) & 127) | 128,
      content.length >> 21,
    ];
    return Buffer.concat([Buffer.from([tag, ...length]), content]);
  };
  const many = (unit: Uint8Array, count: number) => Buffer.alloc(unit.length * count, unit);
  const LIMITS = { bytes: 256 * 1024, items: 500 };

  it.each([
    ['a request', (content: Buffer) => content],
    ['a resource', (content: Buffer) => inside(0x0a, content)],
    ['a scope', (content: Buffer) => inside(0x0a, inside(0x12, content))],
  ])('are not made of %s with more unknown fields than anybody sends', (_where, around) => {
    const limits = { bytes: 32 * 1024, items: 500 };
    expect(() => cut('logs', around(many(nobodys, 20_001)), limits)).toThrow(/more than 20000 fields/);
    expect(cut('logs', around(many(nobodys, 20_000)), limits)).toHaveLength(1);
  });

  it.each([
    ['resources', many(Buffer.from([0x0a, 0]), 300_000)],
    ['scopes', inside(0x0a, many(empty, 300_000))],
    ['records', inside(0x0a, inside(0x12, many(empty, 300_000)))],
  ])('hold so many empty %s as items, for these are walked as well', (_what, body) => {
    expect(cut('logs', body, LIMITS)).toHaveLength(600);
  });

  it('have the bytes they may, and an item that is larger alone', () => {
    const log = (bytes: number) => ({ body: { stringValue: 'x'.repeat(bytes) } });
    const body = encode('logs', {
      resourceLogs: [{ scopeLogs: [{ logRecords: [log(10), log(5000), log(10), log(10)] }] }],
    });
    const found = cut('logs', body, { bytes: 1000, items: 100 });
    expect(found.map((piece) => scan('logs', piece).summary.items)).toEqual([1, 1, 2]);
  });

  it('keep what stands beside the items, also behind them', () => {
    const body = encode('logs', {
      resourceLogs: [{ scopeLogs: [{ logRecords: [{}, {}], schemaUrl: 'a' }], schemaUrl: 'b' }],
    });
    for (const piece of cut('logs', body, { bytes: 1000, items: 1 }))
      expect(decode('logs', piece)).toMatchObject({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{}], schemaUrl: 'a' }], schemaUrl: 'b' }],
      });
  });

  it('are few millions of items at a time: of what takes long without a piece, it is said', () => {
    const walked = [...pieces('logs', emptyLogs(300_000), { bytes: 1e6, items: 500 })];
    expect(walked.filter((piece) => piece === undefined).length).toBeGreaterThan(2);
    expect(walked.filter((piece) => piece !== undefined)).toHaveLength(600);
  });

  it('may not repeat a large resource until there is a multiple of the body', () => {
    const body = emptyLogs(10_000, 10_000);
    expect(() => cut('logs', body, { bytes: 1e6, items: 10 })).toThrow(MalformedError);
  });
});
