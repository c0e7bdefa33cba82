// Part of the tests: what a vendor recognises an item by is the same when it is replayed.
import { describe, expect, it } from 'vitest';
import { lettersOf } from '../../src/delivery/dead-letters/letter.ts';
import { parseLetter } from '../../src/delivery/dead-letters/parse.ts';
import { encode as encodeEvents } from '../../src/exporters/aws-cloudwatch-logs/encoder.ts';
import { partitions } from '../../src/exporters/aws-cloudwatch-logs/partition.ts';
import { encode as encodeOccurrences } from '../../src/exporters/rollbar/encoder.ts';
import { revive } from '../../src/intake/replay/revive.ts';
import { bytesOf } from '../../src/model/shelf.ts';
import type { JournalRecord } from '../../src/model/signals.ts';
import { jsonToProtobuf } from '../../src/protocols/otlp/json.ts';
import { context, record } from '../exporters/records.ts';

const partitionOf = partitions('group', '{service.name}');
const { clock } = context('rollbar');

/** A decoder of its own: positions of different lives do not meet in one. */
function eventIdsOf(received: JournalRecord): string[] {
  const { decoder } = context('aws-cloudwatch-logs');
  const { items } = encodeEvents(received, { clock, decoder, partitionOf });
  return items.map(
    ({ value }) => JSON.parse(JSON.parse(bytesOf(value).toString()).message).event_id as string,
  );
}
function uuidsOf(received: JournalRecord): string[] {
  const { decoder } = context('rollbar');
  return encodeOccurrences(received, decoder).items.map(({ value }) => value.uuid);
}

describe('replayed log records', () => {
  it('keep what names a log record without an id, however often it dies and is replayed', async () => {
    const log = {
      body: { stringValue: 'oh' },
      attributes: [{ key: 'exception.type', value: { stringValue: 'E' } }],
    };
    const twice = { resourceLogs: [{ scopeLogs: [{ logRecords: [log, log] }] }] };
    const payload = jsonToProtobuf('logs', JSON.stringify(twice));
    const received = record('logs', payload, 2, 40);
    const reason = { code: 'too_old', message: 'no', fix: 'none' } as const;
    const replayed = async (died: JournalRecord, from: number, position: number) => {
      const death = {
        destination: 'rollbar',
        from,
        to: from + 1,
        reason,
        vendor: null,
        deadAtMs: 0,
      } as const;
      const [dead] = lettersOf(died, [death]);
      const parsed = parseLetter(Buffer.from(JSON.stringify(dead)));
      if (!parsed) throw new Error('no letter');
      return { ...(await revive(parsed, died.receivedAtMs + 1000)), position };
    };

    const once = await replayed(received, 1, 50);
    const again = await replayed(once, 0, 60);

    expect(again.origin.replayOf).not.toBe(once.origin.replayOf);
    const [eventId, uuid] = [eventIdsOf(received)[1], uuidsOf(received)[1]];
    expect([eventIdsOf(once), uuidsOf(once)]).toEqual([[eventId], [uuid]]);
    expect([eventIdsOf(again), uuidsOf(again)]).toEqual([[eventId], [uuid]]);
    expect(new Set(uuidsOf(received)).size).toBe(2);
  });
});
