// Part of the tests: protocols/xray/split: nothing is lost, changed or repeated, and every part fits.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSegment } from '../../../src/protocols/xray/segment.ts';
import { splitDocument } from '../../../src/protocols/xray/split.ts';

type Fields = Record<string, unknown>;

const TRACE_ID = '1-6b00f63f-a3e68852443a73646a96d06c';
const LIMIT = 500;
/** What a part of its own needs beside its members. */
const HEAD = `{"type":"subsegment","trace_id":"${TRACE_ID}","parent_id":"0123456789abcdef",`.length;

let made = 0;
const nextId = () => (++made).toString(16).padStart(16, '0');

const fields = fc.record(
  {
    end_time: fc.double({ min: 1e9, max: 2e9, noNaN: true }),
    in_progress: fc.constant(false),
    namespace: fc.constantFrom('remote', 'aws'),
    // Brackets, quotes and the words that the splitter looks for, in text and in keys.
    metadata: fc.dictionary(
      fc.constantFrom('subsegments', 'id', 'a"b', '[', 'é☁'),
      fc.oneof(fc.string({ maxLength: 30, unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 })),
    ),
    annotations: fc.constant({ text: '\\" } ] , "subsegments": [ {' }),
    // Python writes these on embedded subsegments too, Go the wrong parent.
    type: fc.constant('subsegment'),
    trace_id: fc.constant(TRACE_ID),
    parent_id: fc.constant('ffffffffffffffff'),
  },
  { requiredKeys: [] },
);

const segment = (depth: number): fc.Arbitrary<Fields> =>
  fc
    .tuple(fields, depth === 0 ? fc.constant([]) : fc.array(segment(depth - 1), { maxLength: 4 }))
    .map(([more, subsegments]) => ({
      id: nextId(),
      name: 'x',
      ...more,
      ...(subsegments.length > 0 && { subsegments }),
      start_time: 1795225151.98,
    }));
const document = segment(3).map((root): Fields => {
  const { type: _, parent_id: __, ...rest } = root;
  return { ...rest, trace_id: TRACE_ID };
});

const latin1 = (text: string) => Buffer.from(text).toString('latin1');
const read = (part: string) => JSON.parse(Buffer.from(part, 'latin1').toString()) as Fields;
const own = ({ subsegments: _, type: __, trace_id: ___, parent_id: ____, ...rest }: Fields) => rest;
const children = (node: Fields) => (node['subsegments'] ?? []) as Fields[];

/** Every segment and subsegment by id: its fields, and the one that it is in or names as its parent. */
function flat(roots: readonly Fields[]): Map<unknown, { fields: Fields; parent: unknown }> {
  const found = new Map<unknown, { fields: Fields; parent: unknown }>();
  const visit = (node: Fields, parent: unknown) => {
    expect(found.has(node['id']), 'an id twice').toBe(false);
    found.set(node['id'], { fields: own(node), parent });
    for (const child of children(node)) visit(child, node['id']);
  };
  for (const root of roots) visit(root, root['type'] === 'subsegment' ? root['parent_id'] : undefined);
  return found;
}

const largestAlone = (node: Fields): number =>
  Math.max(Buffer.byteLength(JSON.stringify(own(node))), ...children(node).map(largestAlone));

describe(splitDocument, () => {
  it.each([
    ['compact, as Node writes it', undefined, 700],
    ['with white space, as Python does', 1, 1000],
  ])('loses, changes and repeats nothing of a document that is %s', (_what, indent, limit) => {
    let split = 0;
    const holds = (made: Fields) => {
      const text = JSON.stringify(made, null, indent);
      const root = JSON.parse(text) as Fields;
      const parts = splitDocument(latin1(text), limit);
      if (!parts) {
        if (!indent) expect(largestAlone(root) + HEAD).toBeGreaterThan(limit);
        return;
      }
      split += parts.length > 1 ? 1 : 0;
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(limit);
      const roots = parts.map(read);
      expect(flat(roots)).toEqual(flat([root]));
      for (const { type, trace_id } of roots.slice(1))
        expect([type, trace_id]).toEqual(['subsegment', TRACE_ID]);
    };
    fc.assert(fc.property(document, holds), { numRuns: 300 });
    expect(split).toBeGreaterThan(5);
  });

  it('leaves every value as it was written', () => {
    const values = [
      '"start_time": 1.50',
      '"end_time":1795225151.9800000',
      '"big": 12345678901234567890',
      `"metadata": {"m": [NaN, "${'m'.repeat(200)}"], "subsegments": [{"id": 1}]}`,
    ];
    const child = (id: string) => `"id": "${id}", ${values.join(', ')}`;
    const root = [`"trace_id": "${TRACE_ID}"`, '"id": "6a71ab68d7306b7e"', '"x": 1e3'];
    const text = `{${root.join(', ')}, "subsegments": [{${child('1111')}}, {${child('2222')}}] , "last": 1}\n`;

    expect(splitDocument(text, LIMIT)).toEqual([
      `{${root.join(',')},"subsegments":[{"id": "2222",${values.join(',')}}],"last": 1}`,
      `{"type":"subsegment","trace_id":"${TRACE_ID}","parent_id":"6a71ab68d7306b7e","id": "1111",${values.join(',')}}`,
    ]);
  });

  it('takes the largest away first, so that a document becomes as few as possible', () => {
    const sizes = [10, 300, 20, 250, 30];
    const subsegments = sizes.map((size) => ({ id: nextId(), name: 'x', user: 'u'.repeat(size) }));
    const text = JSON.stringify({ id: nextId(), trace_id: TRACE_ID, name: 'root', subsegments });

    const parts = splitDocument(text, LIMIT)?.map(read) ?? [];

    expect(parts.map((part) => children(part).length)).toEqual([3, 0, 0]);
    expect(parts.slice(1).map(({ user }) => String(user).length)).toEqual([300, 250]);
  });

  it('splits what was nested in a subsegment that is too large by itself', () => {
    const leaf = () => ({ id: nextId(), name: 'leaf', user: 'u'.repeat(300) });
    const middle = { id: nextId(), name: 'middle', subsegments: [leaf(), leaf(), leaf()] };
    const root = { id: nextId(), trace_id: TRACE_ID, name: 'root', subsegments: [middle] };

    const parts = splitDocument(JSON.stringify(root), LIMIT)?.map(read) ?? [];

    expect(flat(parts)).toEqual(flat([root]));
    expect(parts.map(({ parent_id }) => parent_id)).toEqual(
      expect.arrayContaining([undefined, middle.id, middle.id]),
    );
  });

  it('copes with recursion a thousand levels deep, and soon', () => {
    const levels = 3000;
    const open = Array.from({ length: levels }, (_, n) => `{"id":"${n.toString(16)}","subsegments":[`).join(
      '',
    );
    const text = `${open.replace('{', `{"trace_id":"${TRACE_ID}",`)}${']}'.repeat(levels)}`;

    const parts = splitDocument(text, 10_000)?.map(read) ?? [];

    expect(parts.length).toBeGreaterThan(8);
    expect(parts.length).toBeLessThan(20);
  });

  it.each([
    ['a segment that is too large without its subsegments', { trace_id: TRACE_ID, user: 'u'.repeat(600) }],
    ['no subsegments', { trace_id: TRACE_ID, metadata: { m: 'm'.repeat(600) } }],
    ['no trace id', { subsegments: [{ id: '1', name: 'x', user: 'u'.repeat(600) }] }],
    [
      'a segment without id',
      { id: undefined, trace_id: TRACE_ID, subsegments: [{ id: '1', x: 'x'.repeat(600) }] },
    ],
    ['a subsegment without id', { trace_id: TRACE_ID, subsegments: [{ name: 'x', x: 'x'.repeat(600) }] }],
  ])('gives up on %s', (_what, more) => {
    expect(splitDocument(JSON.stringify({ id: nextId(), ...more }), LIMIT)).toBeUndefined();
  });

  it.each(['', 'nonsense', '[]', '{"trace_id":"1-', `{"trace_id":"${TRACE_ID}","subsegments":[{]`])(
    'gives up on %j',
    (text) => {
      expect(splitDocument(text.padEnd(LIMIT + 1), LIMIT)).toBeUndefined();
    },
  );

  it('splits what the SDKs send', () => {
    for (const name of ['python-xray/21-nested-30-deep', 'node-xray/04-segment-150-subsegments']) {
      const datagram = readFileSync(new URL(`../../fixtures/captures/${name}.udp.txt`, import.meta.url));
      const document = datagram.subarray(datagram.indexOf(0x0a) + 1);
      const parts = splitDocument(document.toString('latin1'), 2000) ?? [];

      expect(parts.length, name).toBeGreaterThan(2);
      expect(flat(parts.map(read)), name).toEqual(flat([parseSegment(document) as Fields]));
    }
  });
});
