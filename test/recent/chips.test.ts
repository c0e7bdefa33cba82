// Part of the tests: chips are exact for the traces that are kept, through every outcome.
import { describe, expect, it } from 'vitest';
import type { Attempt, Outcome } from '../../src/ledger/ledger.ts';
import { FIXES } from '../../src/model/fixes.ts';
import { NOW_MS, testRecent, traceId } from '../support/recent.ts';

const OUTCOMES: readonly [Outcome, 'max_age' | 'too_old' | 'routing' | undefined][] = [
  ['delivered', undefined],
  ['skipped', 'routing'],
  ['sampled', undefined],
  ['rejected', 'too_old'],
  ['dropped', 'max_age'],
];
const UNAVAILABLE = {
  code: 'vendor_unavailable',
  message: 'Honeycomb answers with a server error (503)',
  fix: 'Nothing.',
} as const;

function attempt(position: number, from: number, to: number, more: Partial<Attempt> = {}): Attempt {
  const sources = [{ position, from, to }];
  return {
    destination: 'honeycomb',
    result: 'delivered',
    reason: undefined,
    answer: undefined,
    items: 40,
    bytes: 4000,
    sources,
    refused: [],
    ...more,
  };
}

const deliveryOf = async ({ recent }: ReturnType<typeof testRecent>, trace: number, span = 0) =>
  (await recent.trace(traceId(trace)))?.spans[span]?.deliveries.find(
    ({ destination }) => destination === 'honeycomb',
  );
const chipOf = async ({ recent }: ReturnType<typeof testRecent>, trace: number) =>
  (await recent.trace(traceId(trace)))?.row.chips.honeycomb;

describe('a chip', () => {
  it('is queued until something is known', async () => {
    const room = testRecent();
    await room.spans([
      { trace: 1, span: 1 },
      { trace: 1, span: 2, parent: 1 },
    ]);

    expect(await chipOf(room, 1)).toEqual({ queued: 2 });
    expect(await deliveryOf(room, 1)).toEqual({
      destination: 'honeycomb',
      state: 'queued',
      receivedAtMs: NOW_MS,
    });
  });

  it.each(OUTCOMES)('is %s for exactly the items that were', async (outcome, code) => {
    const room = testRecent();
    const position = await room.spans([
      { trace: 1, span: 1 },
      { trace: 2, span: 2 },
      { trace: 2, span: 3, parent: 2 },
    ]);

    room.ledger.settle('honeycomb', outcome, 1, code, position, 1, 2);

    expect(await chipOf(room, 1)).toEqual({ queued: 1 });
    expect(await chipOf(room, 2)).toEqual({ queued: 1, [outcome]: 1 });
  });

  it('is that of the whole record where nobody says which items', async () => {
    const room = testRecent();
    const position = await room.spans([
      { trace: 1, span: 1 },
      { trace: 2, span: 2 },
    ]);
    room.ledger.settle('honeycomb', 'delivered', 1, undefined, position, 0, 1);

    room.ledger.settle('honeycomb', 'dropped', 1, 'journal_full', position);

    expect([await chipOf(room, 1), await chipOf(room, 2)]).toEqual([{ delivered: 1 }, { dropped: 1 }]);
    expect(await deliveryOf(room, 2)).toMatchObject({
      code: 'journal_full',
      message: expect.stringContaining('made room'),
    });
  });

  it('is absent where a destination has no use for any of it', async () => {
    const room = testRecent();
    const position = await room.spans([{ trace: 1, span: 1 }]);

    room.ledger.settle('honeycomb', 'skipped', 1, 'not_applicable', position);

    expect(await chipOf(room, 1)).toBeUndefined();
  });

  it('follows its destination while it waits, with the reason and the fix', async () => {
    const room = testRecent();
    await room.spans([{ trace: 1, span: 1 }]);
    const before = room.recent.version;
    room.ledger.setState('honeycomb', 'retrying', UNAVAILABLE, NOW_MS);
    const retrying = await deliveryOf(room, 1);
    const changed = await room.recent.since(before, 10);
    room.ledger.setState('honeycomb', 'blocked', { ...UNAVAILABLE, code: 'unauthorized' }, NOW_MS);

    expect(retrying).toMatchObject({
      state: 'retrying',
      code: 'vendor_unavailable',
      message: UNAVAILABLE.message,
      fix: 'Nothing.',
    });
    expect(changed.rows).toHaveLength(1);
    expect(await chipOf(room, 1)).toEqual({ blocked: 1 });
  });

  it('counts the tries and has the last answer word for word', async () => {
    const room = testRecent();
    const position = await room.spans([
      { trace: 1, span: 1 },
      { trace: 2, span: 2 },
    ]);
    const down = { result: 'retryable', reason: UNAVAILABLE, answer: '503 {"error":"overloaded"}' } as const;
    room.ledger.attempted(attempt(position, 0, 2, down));
    const waiting = await deliveryOf(room, 1);
    room.clock.advance(700);
    room.ledger.attempted(attempt(position, 0, 1));
    room.ledger.settle('honeycomb', 'delivered', 1, undefined, position, 0, 1);

    expect(waiting).toMatchObject({ state: 'retrying', attempts: 1, answer: '503 {"error":"overloaded"}' });
    expect(await deliveryOf(room, 1)).toEqual({
      destination: 'honeycomb',
      state: 'delivered',
      receivedAtMs: NOW_MS,
      settledAtMs: NOW_MS + 700,
      attempts: 2,
      batch: { items: 40, bytes: 4000 },
    });
    expect(await deliveryOf(room, 2)).toMatchObject({ state: 'retrying', attempts: 1 });
  });

  it("has the vendor's words about the one item of a request that it refused", async () => {
    const room = testRecent();
    const position = await room.spans([
      { trace: 1, span: 1 },
      { trace: 2, span: 2 },
    ]);
    const reason = {
      code: 'vendor_rejected',
      message: 'X-Ray refuses the document',
      fix: 'Look at the dead letter.',
    } as const;
    const sources = [0, 1].map((from) => ({ position, from, to: from + 1 }));
    room.ledger.attempted(
      attempt(position, 0, 2, {
        sources,
        refused: [{ index: 1, reason, answer: '200 {"ErrorCode":"Bad"}' }],
      }),
    );
    room.ledger.settle('honeycomb', 'delivered', 1, undefined, position, 0, 1);
    room.ledger.settle('honeycomb', 'rejected', 1, 'vendor_rejected', position, 1, 2);

    expect(await deliveryOf(room, 1)).not.toHaveProperty('answer');
    expect(await deliveryOf(room, 2)).toMatchObject({
      state: 'rejected',
      ...reason,
      answer: '200 {"ErrorCode":"Bad"}',
    });
  });

  it('says what to do about what was given up, though nobody said so', async () => {
    const room = testRecent();
    const position = await room.spans([{ trace: 1, span: 1 }]);

    room.ledger.settle('honeycomb', 'dropped', 1, 'journal_full', position, 0, 1);

    expect(await deliveryOf(room, 1)).toMatchObject({ state: 'dropped', fix: FIXES.journal_full });
  });

  it('counts X-Ray documents, which is what is delivered', async () => {
    const room = testRecent();
    const document = {
      name: 'backend',
      id: 'aaaaaaaaaaaaaaaa',
      trace_id: '1-67800000-00000000000000000000abcd',
      start_time: 1,
      end_time: 2,
    };
    const position = await room.documents([document, { ...document, id: 'bbbbbbbbbbbbbbbb' }]);

    room.ledger.settle('honeycomb', 'delivered', 1, undefined, position, 1, 2);

    expect((await room.recent.trace('6780000000000000000000000000abcd'))?.row.chips.honeycomb).toEqual({
      queued: 1,
      delivered: 1,
    });
  });

  it('is that of the replay where a dead letter was sent again, at that destination alone', async () => {
    const room = testRecent();
    const made = [
      { trace: 1, span: 1 },
      { trace: 1, span: 2, parent: 1 },
    ];
    const position = await room.spans(made);
    room.ledger.settle('honeycomb', 'delivered', 1, undefined, position, 0, 1);
    room.ledger.settle('honeycomb', 'rejected', 1, 'too_old', position, 1, 2);
    room.ledger.settle('rollbar', 'delivered', 2, undefined, position, 0, 2);
    const again = await room.replayed(made.slice(1));
    const meanwhile = await chipOf(room, 1);
    room.ledger.settle('honeycomb', 'delivered', 1, undefined, again, 0, 1);

    const trace = await room.recent.trace(traceId(1));

    expect(meanwhile).toEqual({ delivered: 1, queued: 1 });
    expect(trace?.row).toMatchObject({
      spans: 2,
      chips: { honeycomb: { delivered: 2 }, rollbar: { delivered: 2 } },
    });
    expect(trace?.spans[1]?.deliveries.map(({ destination, state }) => [destination, state])).toEqual([
      ['honeycomb', 'delivered'],
      ['aws-xray', 'queued'],
      ['aws-cloudwatch-logs', 'queued'],
      ['rollbar', 'delivered'],
    ]);
  });

  it('stays right where only some of a record are kept', async () => {
    const room = testRecent(16 * 1024 * 1024);
    for (let turn = 0; turn < 20; turn++) {
      await room.spans(Array.from({ length: 400 }, (_, i) => ({ trace: turn * 400 + i, span: i })));
      room.clock.advance(100);
    }
    const position = await room.spans(
      Array.from({ length: 400 }, (_, i) => ({ trace: 50_000 + i, span: i })),
    );
    for (let item = 0; item < 400; item += 2)
      room.ledger.settle('honeycomb', 'delivered', 1, undefined, position, item, item + 1);

    const { traces } = await room.recent.traces({}, 100);

    const kept = traces.filter(({ id }) => Number.parseInt(id.slice(-8), 16) >= 50_000);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(400);
    for (const { id, chips } of kept)
      expect(chips.honeycomb, id).toEqual(
        Number.parseInt(id.slice(-8), 16) % 2 === 0 ? { delivered: 1 } : { queued: 1 },
      );
  });
});
