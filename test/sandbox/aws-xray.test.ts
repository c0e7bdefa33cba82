// Part of the tests: the X-Ray stand-in holds documents to X-Ray's limits.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { postSigned, putSegments, sandboxForTest, segment } from './helpers.ts';

const ID = '6a71ab68d7306b7e';
const many = (count: number) =>
  Array.from({ length: count }, (_, n) => segment({ id: n.toString(16).padStart(16, '0') }));

const annotations = (count: number, prefix = 'key') =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}_${n}`, n]));

async function unprocessedOf(document: string): Promise<unknown> {
  const sandbox = await sandboxForTest();
  const response = await putSegments(sandbox, [document]);
  expect(response.status).toBe(200);
  const { UnprocessedTraceSegments } = (await response.json()) as { UnprocessedTraceSegments: unknown[] };
  expect(sandbox.counts()['aws-xray'].items).toBe(1 - UnprocessedTraceSegments.length);
  return UnprocessedTraceSegments[0];
}

describe('X-Ray', () => {
  it('takes 50 documents a call and none of 51', async () => {
    const sandbox = await sandboxForTest();
    expect((await putSegments(sandbox, many(50))).status).toBe(200);
    const response = await putSegments(sandbox, many(51));
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('InvalidRequestException');
    expect(await response.json()).toEqual({ message: 'Exceeding maximum segment count: 50' });
    expect(sandbox.counts()['aws-xray']).toEqual({ requests: 2, items: 50, uniqueItems: 50, refused: 1 });
  });

  it('takes a document of 64 KiB and not one byte more', async () => {
    const padding = 65_536 - segment({ user: '' }).length;
    expect(await unprocessedOf(segment({ user: 'x'.repeat(padding) }))).toBeUndefined();
    expect(await unprocessedOf(segment({ user: 'x'.repeat(padding + 1) }))).toMatchObject({ Id: ID });
  });

  it('counts the size in bytes, not in characters', async () => {
    expect(await unprocessedOf(segment({ user: 'é'.repeat(33_000) }))).toMatchObject({
      ErrorCode: 'SegmentTooLarge',
    });
  });

  it('names no Id for what is not JSON', async () => {
    const refusal = await unprocessedOf('{"id": "6a71ab68d7306b7e", ');
    expect(refusal).toMatchObject({ ErrorCode: 'ParseError' });
    expect(refusal).not.toHaveProperty('Id');
  });

  it.each([
    ['no id', { id: undefined }, 'MissingId'],
    ['an id that is not 16 hex digits', { id: '6a71' }, 'InvalidId'],
    ['no name', { name: undefined }, 'MissingName'],
    ['an empty name', { name: '' }, 'InvalidName'],
    ['a name of 201 characters', { name: 'n'.repeat(201) }, 'InvalidName'],
    ['a name with a forbidden character', { name: 'backend<flask>' }, 'InvalidName'],
    ['no trace id', { trace_id: undefined }, 'MissingTraceId'],
    ['a W3C trace id', { trace_id: 'a3bf230346e6b1a744329b6b973fc583' }, 'InvalidTraceId'],
    ['no start time', { start_time: undefined }, 'MissingStartTime'],
    ['a start time as text', { start_time: '2026-11-21' }, 'InvalidStartTime'],
    ['neither an end time nor in_progress', { end_time: undefined }, 'MissingEndTime'],
    ['a subsegment without its parent', { type: 'subsegment' }, 'MissingParentId'],
    ['a parent id that is none', { parent_id: 'x' }, 'InvalidParentId'],
    ['51 annotations', { annotations: annotations(51) }, 'TooManyAnnotations'],
    [
      '51 annotations over segment and subsegment',
      {
        annotations: annotations(26),
        subsegments: [{ id: 'e8a41389516d6728', name: 'sub', annotations: annotations(25, 'sub') }],
      },
      'TooManyAnnotations',
    ],
    ['an annotation key with a dot', { annotations: { 'user.id': 'x' } }, 'InvalidAnnotation'],
    ['an annotation that is a list', { annotations: { tags: ['a'] } }, 'InvalidAnnotation'],
    ['an annotation of 251 characters', { annotations: { user: 'x'.repeat(251) } }, 'InvalidAnnotation'],
    ['a subsegment with a bad name', { subsegments: [{ id: 'e8a41389516d6728', name: '?' }] }, 'InvalidName'],
  ])('leaves a document with %s unprocessed', async (_what, fields, code) => {
    expect(await unprocessedOf(segment(fields))).toMatchObject({ ErrorCode: code });
  });

  it.each([
    ['in progress', { end_time: undefined, in_progress: true }],
    ['with 50 annotations', { annotations: annotations(50) }],
    ['with every character that a name may have', { name: 'Ärger 1_.:/%&#=+\\-@' }],
  ])('takes a document %s', async (_what, fields) => {
    expect(await unprocessedOf(segment(fields))).toBeUndefined();
  });

  it('lets a trace grow to 500 KB and no further, and documents sent again do not grow it', async () => {
    const sandbox = await sandboxForTest();
    const documents = Array.from({ length: 9 }, (_, n) =>
      segment({ id: n.toString(16).padStart(16, '0'), user: 'x'.repeat(60_000) }),
    );
    const put = async (some: readonly string[]) => (await putSegments(sandbox, some)).json();
    expect(await put(documents.slice(0, 8))).toEqual({ UnprocessedTraceSegments: [] });
    expect(await put(documents.slice(0, 8))).toEqual({ UnprocessedTraceSegments: [] });
    expect(await put(documents.slice(8))).toMatchObject({
      UnprocessedTraceSegments: [{ Id: '0000000000000008', Message: 'Trace Size Exceeded' }],
    });
  });

  it('takes every document that the X-Ray SDKs sent, and gives it back byte for byte', async () => {
    const sandbox = await sandboxForTest();
    const captures = new URL('../fixtures/captures/', import.meta.url);
    const documents = ['python-xray', 'node-xray', 'go-xray', 'java-xray'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, captures))
        .filter((file) => file.endsWith('.udp.txt'))
        .map((file) => readFileSync(new URL(`${folder}/${file}`, captures), 'utf8'))
        .map((datagram) => datagram.slice(datagram.indexOf('\n') + 1)),
    );
    expect(documents.some((document) => document.includes('NaN'))).toBe(true);
    const responses = await Promise.all(documents.map((document) => putSegments(sandbox, [document])));
    const refused = await Promise.all(responses.map((response) => response.json()));
    expect(refused).toEqual(documents.map(() => ({ UnprocessedTraceSegments: [] })));
    expect([...sandbox.items('aws-xray')].sort()).toEqual([...documents].sort());
  });

  it('knows what is inside a document by its id as well', async () => {
    const sandbox = await sandboxForTest();
    const [inner, innermost] = ['e8a41389516d6728', 'f1b2c3d4e5f60718'];
    const below = { id: inner, name: 'a', subsegments: [{ id: innermost, name: 'b' }] };
    await putSegments(sandbox, [segment({ subsegments: [below] })]);
    expect(sandbox.counts()['aws-xray']).toMatchObject({ items: 1, uniqueItems: 1 });
    expect(sandbox.audit('aws-xray', [ID, inner, innermost])).toEqual({ missing: [], duplicated: [] });
    sandbox.setFault('aws-xray', { kind: 'poison', itemId: innermost });
    const refused = await putSegments(sandbox, [segment({ subsegments: [below] })]);
    expect(refused.status).toBe(400);
    expect(sandbox.audit('aws-xray', [innermost]).duplicated).toEqual([]);
  });

  it('refuses a body that is not the request', async () => {
    const sandbox = await sandboxForTest();
    const codes = ['[]', '{}', '{"TraceSegmentDocuments":[{}]}', 'nonsense'].map(async (body) => {
      const response = await postSigned(sandbox, '/TraceSegments', body, { service: 'xray' });
      expect(response.status).toBe(400);
      return response.headers.get('x-amzn-errortype');
    });
    expect(await Promise.all(codes)).toEqual([
      'SerializationException',
      'InvalidRequestException',
      'SerializationException',
      'SerializationException',
    ]);
  });
});
