// Part of the tests: exporters/honeycomb/in-progress: what came in progress goes once, when it has ended.
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../../src/delivery/decoder.ts';
import { encode } from '../../../src/exporters/honeycomb/encoder.ts';
import { createInProgress } from '../../../src/exporters/honeycomb/in-progress.ts';
import { decodeTraces } from '../../../src/protocols/otlp/decode.ts';
import { NOW_MS, segments } from '../records.ts';

const START = NOW_MS / 1000;
const open = { start_time: START, in_progress: true };
const whole = { start_time: START, end_time: START + 1 };

const document = (id: string, more: object) =>
  JSON.stringify({ id, trace_id: '1-6b00f63f-a3e68852443a73646a96d06c', name: 'api', ...more });

let position = 0;
const record = (...documents: readonly string[]) => {
  position += 1;
  return { ...segments(...documents), position };
};

function start() {
  const inProgress = createInProgress(createDecoder());
  return {
    hold: (one: ReturnType<typeof record>, nowMs = NOW_MS) => inProgress.holdUntilMs(one, nowMs),
    sent(one: ReturnType<typeof record>) {
      const { items, skipped } = encode(one, undefined, inProgress);
      const spans = items.flatMap(({ value }) => decodeTraces(value.bytes).flatMap((group) => group.spans));
      return { spans: spans.map(({ spanId, endTimeUnixNano }) => [spanId, endTimeUnixNano > 0n]), skipped };
    },
  };
}

const [SEGMENT, PART, OTHER] = ['6a71ab68d7306b7e', 'e8a41389516d6728', 'f1b2c3d4e5f60718'];

describe('a document in progress', () => {
  it('waits ten seconds, and is left out when the finished one has come', () => {
    const { hold, sent } = start();
    const [first, second] = [record(document(SEGMENT, open)), record(document(SEGMENT, whole))];

    expect(hold(first)).toBe(NOW_MS + 10_000);
    expect(hold(second)).toBeUndefined();

    expect(sent(second)).toEqual({ spans: [[SEGMENT, true]], skipped: [] });
    expect(sent(first)).toEqual({ spans: [], skipped: [{ from: 0, to: 1, code: 'replaced' }] });
  });

  it('goes as it is when no other one came', () => {
    const { hold, sent } = start();
    const first = record(document(SEGMENT, open), document(OTHER, whole));

    expect(hold(first)).toBe(NOW_MS + 10_000);

    expect(sent(first)).toEqual({
      spans: [
        [SEGMENT, false],
        [OTHER, true],
      ],
      skipped: [],
    });
  });

  it('waits a moment in a backlog, where its other half is further on', () => {
    const { hold } = start();

    expect(hold(record(document(SEGMENT, open)), NOW_MS + 3_600_000)).toBe(NOW_MS + 3_601_000);
  });

  it('does not wait when it cannot be read', () => {
    const { hold } = start();

    expect(
      hold({ ...record(document(SEGMENT, open)), payload: Buffer.from('ffffffff', 'hex') }),
    ).toBeUndefined();
  });

  it('waits for nothing when both are in one record', () => {
    const { hold, sent } = start();
    const both = record(document(SEGMENT, open), document(SEGMENT, whole));

    expect(hold(both)).toBeUndefined();
    expect(sent(both).spans).toEqual([[SEGMENT, true]]);
  });
});

describe('a subsegment that is open when its segment ends', () => {
  it('is left out of its segment when it came on its own, finished', () => {
    const { hold, sent } = start();
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

    expect(hold(first)).toBe(NOW_MS + 10_000);
    expect(sent(second).spans).toEqual([[PART, true]]);

    expect(sent(first)).toEqual({
      spans: [
        [SEGMENT, true],
        [OTHER, true],
      ],
      skipped: [],
    });
  });
});
