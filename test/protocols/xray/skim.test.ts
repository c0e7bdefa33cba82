// Part of the tests: skimming reads from any document what parsing would, and nothing from what is none.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDatagram } from '../../../src/protocols/xray/datagram.ts';
import { asObject, asObjects, type JsonObject } from '../../../src/protocols/xray/json.ts';
import { parseSegment } from '../../../src/protocols/xray/segment.ts';
import { skim } from '../../../src/protocols/xray/skim.ts';

const CAPTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'captures');
const captured = ['python-xray', 'node-xray', 'go-xray', 'java-xray'].flatMap((sdk) =>
  readdirSync(join(CAPTURES, sdk))
    .filter((name) => name.endsWith('.udp.txt'))
    .map((name) => `${sdk}/${name}`),
);

const skimText = (text: string) => skim(Buffer.from(text));

function openIn(segment: JsonObject): string[] {
  const inner = asObjects(segment['subsegments']).flatMap(openIn);
  return segment['in_progress'] === true ? [...inner, String(segment['id'])] : inner;
}

describe(skim, () => {
  it.each(captured)('reads from %s what parsing reads', (path) => {
    const datagram = parseDatagram(readFileSync(join(CAPTURES, path)));
    if (!datagram.ok) throw new Error(datagram.code);
    const document = Buffer.from(datagram.document);
    const segment = parseSegment(document) ?? {};

    expect(skim(document)).toEqual({
      name: segment.name,
      id: segment.id,
      isSubsegment: segment.type === 'subsegment',
      open: openIn(segment).map((id) => expect.objectContaining({ id })),
    });
  });

  it('finds members in any order, and none of those of other objects', () => {
    const document = {
      http: { name: 'no', id: 'ffffffffffffffff' },
      metadata: { default: { in_progress: true, id: 'not an id', type: 'subsegment' } },
      subsegments: [
        {
          in_progress: true,
          aws: { id: 'ffffffffffffffff', name: 'no' },
          name: 'late',
          id: 'A02DD42E83759018',
        },
        { in_progress: false, name: 'done', id: '1111111111111111' },
      ],
      annotations: { name: '"id": "x"', '\\"': '}{' },
      name: 'caf\u00e9 "x"',
      id: '0fce5f51329a0ac4',
    };
    for (const text of [JSON.stringify(document), JSON.stringify(document, null, ' ')])
      expect(skimText(text)).toEqual({
        name: 'caf\u00e9 "x"',
        id: '0fce5f51329a0ac4',
        isSubsegment: false,
        open: [{ name: 'late', id: 'a02dd42e83759018' }],
      });
  });

  it('sees no more than it is told to', () => {
    const text = JSON.stringify({ name: 'early', metadata: 'x'.repeat(100), id: '0fce5f51329a0ac4' });

    expect(skim(Buffer.from(text), 50)).toMatchObject({ name: 'early', id: '' });
  });

  it('takes whatever comes', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      'name',
      'id',
      'in_progress',
      'true',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.array(piece).map((parts) => Buffer.from(parts.join(''))),
        ),
        (bytes) => {
          const found = skim(Buffer.from(bytes));
          expect(typeof found.name).toBe('string');
        },
      ),
    );
  });

  it('agrees with JSON.parse on every object', () => {
    const members = fc.record(
      { name: fc.string(), id: fc.stringMatching(/^[0-9a-f]{16}$/), more: fc.jsonValue() },
      { requiredKeys: ['name'] },
    );
    fc.assert(
      fc.property(members, (object) => {
        const found = skimText(JSON.stringify(object));
        const parsed = asObject(JSON.parse(JSON.stringify(object))) ?? {};
        expect([found.name, found.id]).toEqual([parsed['name'], parsed['id'] ?? '']);
      }),
    );
  });
});
