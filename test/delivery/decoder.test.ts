// Part of the tests: segment documents as the destinations see them, each lone subsegment with the service it ran in.
import { describe, expect, it } from 'vitest';
import { createDecoder, type DecoderSettings } from '../../src/delivery/decoder.ts';
import type { SegmentsNeed } from '../../src/delivery/exporter.ts';
import type { JournalRecord } from '../../src/model/signals.ts';
import { frameDocuments } from '../../src/protocols/xray/datagram.ts';
import { accepted } from '../support/records.ts';

const TRACE_ID = '1-6b00f63f-18f9c3bf0c2b46ce71d7c5bc';
const OTHER_TRACE_ID = '1-6b00f63f-28f9c3bf0c2b46ce71d7c5bc';
const TIMES = { start_time: 1795225151, end_time: 1795225152 };
const segment = (name: string, id: string, trace_id = TRACE_ID) => ({ name, id, trace_id, ...TIMES });
const streamed = (parent_id: string, trace_id = TRACE_ID) => ({
  ...segment('DynamoDB', '00000000000000ff', trace_id),
  ...{ type: 'subsegment', parent_id },
});

let position = 0;
const record = (documents: readonly object[]): JournalRecord => ({
  ...accepted('', documents.length, 'segments'),
  payload: frameDocuments(documents.map((document) => Buffer.from(JSON.stringify(document)))),
  position: position++,
});

function servicesOf(...records: readonly (readonly object[])[]): unknown[] {
  const decoder = createDecoder();
  const last = records.map((documents) => [...decoder.segments(record(documents))]).at(-1) ?? [];
  return last.map((groups) => groups?.[0]?.resource.attributes.get('service.name'));
}

describe('the service of a subsegment sent on its own', () => {
  it('is that of its segment, also where the segment comes after it', () => {
    expect(servicesOf([streamed('000000000000000a'), segment('orders', '000000000000000a')])).toEqual([
      'orders',
      'orders',
    ]);
    expect(servicesOf([segment('orders', '000000000000000a')], [streamed('000000000000000a')])).toEqual([
      'orders',
    ]);
  });

  it('is that of its parent where another service of the trace came first', () => {
    const services = [segment('stock', '000000000000000b'), segment('orders', '000000000000000a')];
    expect(servicesOf([services[0]!, streamed('000000000000000a'), services[1]!])[1]).toBe('orders');
  });

  it('is that of its parent where two services share the trace', () => {
    const services = [segment('orders', '000000000000000a'), segment('stock', '000000000000000b')];
    expect(servicesOf([...services, streamed('000000000000000a')]).at(-1)).toBe('orders');
    expect(servicesOf([...services, streamed('000000000000000b')]).at(-1)).toBe('stock');
  });

  it('is that of the trace where its parent is another subsegment', () => {
    const services = [
      segment('orders', '000000000000000a'),
      segment('stock', '000000000000000b', OTHER_TRACE_ID),
    ];
    expect(servicesOf([...services, streamed('000000000000000c')]).at(-1)).toBe('orders');
  });

  it('is the only one known, and unknown where there are more', () => {
    const lone = streamed('000000000000000c', OTHER_TRACE_ID);
    expect(servicesOf([lone])).toEqual([undefined]);
    expect(servicesOf([segment('orders', '000000000000000a'), lone]).at(-1)).toBe('orders');
    const services = [segment('orders', '000000000000000a'), segment('stock', '000000000000000b')];
    expect(servicesOf([...services, lone]).at(-1)).toBeUndefined();
  });

  it('is known for 1000 other segments at least, and forgotten after 2000', () => {
    const others = Array.from({ length: 2000 }, (_, n) =>
      segment(
        'stock',
        `1${n.toString(16).padStart(15, '0')}`,
        `1-00000001-${n.toString(16).padStart(24, '0')}`,
      ),
    );
    const first = [segment('orders', '000000000000000a')];
    const late = [streamed('000000000000000a')];
    expect(servicesOf(first, others.slice(0, 998), late)).toEqual(['orders']);
    expect(servicesOf(first, others, late)).toEqual([undefined]);
  });
});

it('has the old names of attributes beside the new ones when told so', () => {
  const request = { method: 'GET', url: 'http://api.test:81/x' };
  const http = { request, response: { status: 200 } };
  const sql = { url: 'postgresql://db.test/app', database_type: 'postgresql', sanitized_query: 'SELECT 1' };
  const call = { ...streamed('000000000000000a'), namespace: 'remote', sql };
  const documents = [{ ...segment('orders', '000000000000000a'), http, user: 'u' }, call];
  const attributesOf = (options: DecoderSettings) =>
    [...createDecoder(options).segments(record(documents))].map((groups) =>
      Object.fromEntries(groups?.[0]?.spans[0]?.attributes ?? []),
    );

  const [server, client] = attributesOf({ attributeNames: 'both' });

  expect(server).toMatchObject({
    ...{ 'http.request.method': 'GET', 'http.method': 'GET', 'http.status_code': 200, 'enduser.id': 'u' },
    ...{ 'http.url': request.url, 'http.scheme': 'http', 'net.host.name': 'api.test', 'net.host.port': 81 },
  });
  expect(client).toMatchObject({
    ...{
      'db.system': 'postgresql',
      'db.name': 'app',
      'db.statement': 'SELECT 1',
      'net.peer.name': 'db.test',
    },
  });
  const old = ['http.method', 'http.url', 'net.host.name', 'net.peer.name', 'db.system', 'enduser.id'];
  for (const made of attributesOf({})) for (const name of old) expect(made).not.toHaveProperty([name]);
});

it('a document that names no trace is none', () => {
  const { trace_id: _, ...nowhere } = segment('orders', '000000000000000a');
  const documents = [nowhere, segment('orders', '000000000000000a')];
  expect([...createDecoder().segments(record(documents))]).toEqual([undefined, [expect.anything()]]);
});

describe('documents of which not everything is needed', () => {
  const exceptions = [{ id: '00000000000000ee', type: 'ValueError', message: 'boom' }];
  const part = { ...streamed('000000000000000a'), type: 'subsegment', cause: { exceptions } };
  const calm = { ...segment('calm', '000000000000000a'), subsegments: [streamed('000000000000000a')] };
  const raising = { ...segment('raising', '000000000000000b'), subsegments: [part] };
  const lone = { ...part, id: '00000000000000fe' };
  const namesOf = (need: SegmentsNeed | undefined) =>
    [...createDecoder().segments(record([calm, raising, lone]), need)].map((groups) =>
      groups?.flatMap(({ spans }) => spans.map(({ name }) => name)),
    );

  it.each([
    ['all', [['calm', 'DynamoDB'], ['raising', 'DynamoDB'], ['DynamoDB']]],
    ['notable', [['calm'], ['raising', 'DynamoDB'], ['DynamoDB']]],
    ['exceptions', [undefined, ['raising', 'DynamoDB'], ['DynamoDB']]],
  ] as const)('have the spans of %s', (need, names) => {
    expect(namesOf(need)).toEqual(names);
  });

  it('are searched for exceptions also where names are written in escapes', () => {
    const text = JSON.stringify(raising).replace('"exceptions"', '"\\u0065xceptions"');
    const payload = frameDocuments([Buffer.from(text)]);
    const [groups] = createDecoder().segments({ ...record([]), payload }, 'exceptions');
    expect(groups?.flatMap(({ spans }) => spans.flatMap(({ events }) => events))).toHaveLength(1);
  });

  it('know the service of a lone one from a document that is not asked for', () => {
    const documents = record([lone, calm]);
    const [groups] = createDecoder().segments(documents, 'exceptions');
    expect(groups?.[0]?.resource.attributes.get('service.name')).toBe('calm');
  });
});
