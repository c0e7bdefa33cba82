// Part of the tests: exporters/honeycomb/in-progress: what came in progress goes once, when it has ended, or when nobody will end it.
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../../src/delivery/decoder.ts';
import { documentEncoder, encode } from '../../../src/exporters/honeycomb/encoder.ts';
import { createInProgress } from '../../../src/exporters/honeycomb/in-progress.ts';
import { decodeTraces } from '../../../src/protocols/otlp/decode.ts';
import { NOW_MS, segments } from '../records.ts';

const START = NOW_MS / 1000;
const open = { start_time: START, in_progress: true };
const whole = { start_time: START, end_time: START + 1 };
const LIMIT_MS = 300_000;

const document = (id: string, more: object) =>
  JSON.stringify({ id, trace_id: '1-6b00f63f-a3e68852443a73646a96d06c', name: 'api', ...more });

let position = 0;
const record = (...documents: readonly string[]) => {
  position += 1;
  return { ...segments(...documents), position };
};

function start() {
  let nowMs = NOW_MS;
  const inProgress = createInProgress(createDecoder(), { unfinishedAfterMs: LIMIT_MS, now: () => nowMs });
  return {
    at(ageMs: number) {
      nowMs = NOW_MS + ageMs;
    },
    /** What is made of it now: spans, and how long each document that waits does so. */
    ask(one: ReturnType<typeof record>, isFinal = false) {
      const { items, skipped, waiting } = encode(one, undefined, (asked) =>
        inProgress(asked, documentEncoder(), isFinal),
      );
      const spans = items.flatMap(({ value }) => decodeTraces(value.bytes).flatMap((group) => group.spans));
      return {
        spans: spans.map(({ spanId, endTimeUnixNano }) => [spanId, endTimeUnixNano > 0n]),
        skipped,
        waiting: (waiting ?? []).map(({ from, untilMs }) => [from, untilMs - nowMs]),
      };
    },
  };
}

const [SEGMENT, PART, OTHER] = ['6a71ab68d7306b7e', 'e8a41389516d6728', 'f1b2c3d4e5f60718'];
const idOf = (i: number) => (2 ** 40 + i).toString(16).padStart(16, '0');
const replaced = [{ from: 0, to: 1, code: 'replaced' }];

describe('a document in progress', () => {
  it('waits, and is left out when the finished one has come', () => {
    const { ask, at } = start();
    const [first, second] = [record(document(SEGMENT, open)), record(document(SEGMENT, whole))];

    expect(ask(first)).toEqual({ spans: [], skipped: [], waiting: [[0, 2000]] });
    at(60_000);
    expect(ask(first)).toEqual({ spans: [], skipped: [], waiting: [[0, 15_000]] });
    expect(ask(second)).toEqual({ spans: [[SEGMENT, true]], skipped: [], waiting: [] });

    expect(ask(first)).toEqual({ spans: [], skipped: replaced, waiting: [] });
  });

  it('holds up nothing that came with it', () => {
    const { ask } = start();

    expect(ask(record(document(OTHER, whole), document(SEGMENT, open)))).toEqual({
      spans: [[OTHER, true]],
      skipped: [],
      waiting: [[1, 2000]],
    });
  });

  it('goes as it is when no end came for five minutes: its process is dead', () => {
    const { ask, at } = start();
    const first = record(document(SEGMENT, open));
    ask(first);

    at(LIMIT_MS - 1);
    expect(ask(first).waiting).toEqual([[0, 1]]);
    at(LIMIT_MS);
    expect(ask(first)).toEqual({ spans: [[SEGMENT, false]], skipped: [], waiting: [] });
  });

  it('goes as it is when nothing may wait any longer', () => {
    const { ask } = start();

    expect(ask(record(document(SEGMENT, open)), true).spans).toEqual([[SEGMENT, false]]);
  });

  it('waits a moment in a backlog, where its other half is further on', () => {
    const { ask, at } = start();
    const first = record(document(SEGMENT, open));
    at(3_600_000);

    expect(ask(first).waiting).toEqual([[0, 1000]]);
    at(3_601_000);
    expect(ask(first).spans).toEqual([[SEGMENT, false]]);
  });

  it('waits for nothing when both are in one record, or the finished one was read before', () => {
    const { ask } = start();

    expect(ask(record(document(SEGMENT, open), document(SEGMENT, whole)))).toEqual({
      spans: [[SEGMENT, true]],
      skipped: replaced,
      waiting: [],
    });
    ask(record(document(PART, whole)));
    expect(ask(record(document(PART, open)))).toEqual({ spans: [], skipped: replaced, waiting: [] });
  });

  it('is recognised among a thousand other requests a second', () => {
    const { ask, at } = start();
    const first = record(document(SEGMENT, open));
    ask(first);
    const others = (from: number) => Array.from({ length: 6000 }, (_, i) => document(idOf(from + i), whole));
    ask(record(...others(0)));
    ask(record(document(SEGMENT, whole)));
    ask(record(...others(6000)));

    at(10_000);
    expect(ask(first).skipped).toEqual(replaced);
  });

  it('does not wait beyond what is remembered, rather than wait for ever', () => {
    const { ask } = start();
    const many = Array.from({ length: 20_001 }, (_, i) => document(idOf(i), open));

    const { waiting, spans } = ask(record(...many));

    expect([waiting.length, spans.length]).toEqual([20_000, 1]);
  });
});

describe('a subsegment that is open when its segment ends', () => {
  it('is left out of its segment when it came on its own, finished', () => {
    const { ask } = start();
    const first = record(
      document(SEGMENT, {
        ...whole,
        subsegments: [
          { id: PART, name: 'after', ...open },
          { id: OTHER, name: 'db', ...whole },
        ],
      }),
    );
    const second = record(document(PART, { ...whole, type: 'subsegment', parent_id: SEGMENT }));

    expect(ask(first).waiting).toEqual([[0, 2000]]);
    expect(ask(second).spans).toEqual([[PART, true]]);

    expect(ask(first)).toEqual({
      spans: [
        [SEGMENT, true],
        [OTHER, true],
      ],
      skipped: [],
      waiting: [],
    });
  });
});
