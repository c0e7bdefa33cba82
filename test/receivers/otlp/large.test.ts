// Part of the tests of receivers/otlp: requests that are too large for one record.
import { afterEach, describe, expect, it } from 'vitest';
import { RefusedError } from '../../../src/intake/intake.ts';
import { WHOLE } from '../../../src/receivers/otlp/enter.ts';
import { decode, encode, itemsOf } from '../../protocols/otlp/oracle.ts';
import { call, startReceiver, stopReceivers } from './support.ts';

afterEach(stopReceivers);

const span = (id: number, more: object = {}) => ({
  traceId: Buffer.alloc(16, 1),
  spanId: Buffer.from(id.toString(16).padStart(16, '0'), 'hex'),
  ...more,
});
const requestOf = (spans: object[]) =>
  Buffer.from(encode('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }));
const spans = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, i) => span(i + 1, more));
const maxRequestBytes = 20 * 1024 * 1024;

describe('a large request', () => {
  it.each([
    ['many spans', requestOf(spans(WHOLE.items + 1))],
    ['many bytes', requestOf(spans(800, { name: 'x'.repeat(1000) }))],
  ])('of %s enters in pieces, each span once', async (_what, body) => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    expect((await call(port, { body })).status).toBe(200);
    expect(intake.accepted.length).toBeGreaterThan(1);
    for (const { payload, summary } of intake.accepted) {
      expect(payload.length).toBeLessThan(WHOLE.bytes);
      expect(summary.items).toBe(itemsOf('traces', payload).length);
    }
    expect(intake.accepted.flatMap(({ payload }) => itemsOf('traces', payload))).toEqual(
      itemsOf('traces', body),
    );
  });

  it.each([
    [WHOLE.items - 1, 1],
    [WHOLE.items, 1],
    [WHOLE.items + 1, 5],
  ])('of %i spans is %i records', async (count, records) => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    const body = requestOf(spans(count));
    expect((await call(port, { body })).status).toBe(200);
    expect(intake.accepted).toHaveLength(records);
    expect(intake.accepted.reduce((sum, { summary }) => sum + summary.items, 0)).toBe(count);
    expect(intake.accepted.flatMap(({ payload }) => itemsOf('traces', payload))).toEqual(
      itemsOf('traces', body),
    );
  });

  it.each([
    [0, 1],
    [1, 2],
  ])('of %i bytes more than may stay together is %i records', async (more, records) => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    const half = (bytes: number) => requestOf([span(1, { name: 'x'.repeat(bytes) })]);
    const rest = WHOLE.bytes + more - half(200_000).length;
    const body = Buffer.concat([half(200_000), half(rest - (half(rest).length - rest))]);
    expect(body.length).toBe(WHOLE.bytes + more);
    expect((await call(port, { body })).status).toBe(200);
    expect(intake.accepted.flatMap(({ payload }) => itemsOf('traces', payload))).toEqual(
      itemsOf('traces', body),
    );
    expect(intake.accepted).toHaveLength(records);
  });

  it('of which the last span is malformed leaves nothing behind', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    const body = requestOf([...spans(3000), span(9, { name: 'last' })]);
    // The length of the last name.
    body[body.length - 5] = 100;
    expect((await call(port, { body })).status).toBe(400);
    expect(intake.accepted).toEqual([]);
  });

  it('loses what is wrong in each piece, and says how many of all', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    const wrong = { traceId: Buffer.alloc(3) };
    const full = { attributes: Array.from({ length: 20_001 }, () => ({})) };
    const body = requestOf([...spans(1500), span(1, wrong), ...spans(1500), span(2, wrong), span(3, full)]);
    const answer = await call(port, { body });
    expect(answer.status).toBe(200);
    expect(answer.body.toString('latin1')).toMatch(/2 of 3003 spans have an id.*1 of 3003 spans have more/);
    expect(intake.accepted.reduce((sum, { summary }) => sum + summary.items, 0)).toBe(3000);
    expect(intake.refused).toEqual([
      ['bad_id', 2],
      ['too_many_fields', 1],
    ]);
  });

  it('is answered with 503 before any of it enters when the journal has no room for all', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    intake.roomForAll = false;
    expect((await call(port, { body: requestOf(spans(3000)) })).status).toBe(503);
    expect(intake.accepted).toEqual([]);
    expect(intake.refused).toEqual([['journal_unavailable', 3000]]);
  });

  it('enters in the room that was set aside for all of it, and leaves none behind', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    expect((await call(port, { body: requestOf(spans(3000)) })).status).toBe(200);
    const bytes = intake.accepted.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(intake.rooms).toEqual([{ bytes, isReleased: true }]);
    expect(new Set(intake.inRoom).size).toBe(1);
    expect(intake.inRoom[0]).toBeDefined();
  });

  it('gives its room back when it fails half-way', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    intake.onAccept = () => Promise.reject(new RefusedError('redaction_failed', 'a bug'));
    expect((await call(port, { body: requestOf(spans(3000)) })).status).toBe(500);
    expect(intake.rooms.map(({ isReleased }) => isReleased)).toEqual([true]);
  });

  it('is answered with 503 when the journal stops taking it half-way: what has not entered is counted', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    intake.onAccept = async () => {
      if (intake.accepted.length === 2) throw new RefusedError('journal_unavailable', 'full');
    };
    expect((await call(port, { body: requestOf(spans(3000)) })).status).toBe(503);
    expect(intake.refused).toEqual([['journal_unavailable', 2000]]);
  });

  it('may be one span, which enters as it came', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes });
    const body = requestOf([span(1, { name: 'x'.repeat(2_000_000) })]);
    expect((await call(port, { body })).status).toBe(200);
    expect(Buffer.compare(intake.accepted[0]!.payload, body)).toBe(0);
    expect(decode('traces', intake.accepted[0]!.payload)).toBeDefined();
  });
});
