// Part of the tests: the journal in Kafka, over brokers that do what they are told.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { kafkaProblem, options } from '../../src/journal/kafka/config.ts';
import { cutTo } from '../../src/journal/kafka/cut.ts';
import { KafkaJournal, type KafkaJournalOptions } from '../../src/journal/kafka/journal.ts';
import { OUTBOX_READER } from '../../src/journal/kafka/outbox.ts';
import { placeAt, positionOf, slotOf } from '../../src/journal/kafka/position.ts';
import { openJournal } from '../../src/journal/open.ts';
import { systemClock } from '../../src/model/clock.ts';
import { ItemSet } from '../../src/model/item-set.ts';
import type { JournalRecord, Position } from '../../src/model/signals.ts';
import { readDocuments } from '../../src/protocols/xray/datagram.ts';
import { segments } from '../support/delivery.ts';
import { journalEvents } from '../support/records.ts';
import { FakeBrokers } from './kafka.ts';

const PLACE = { signal: 'segments', partition: 0 } as const;
const OTHER = { signal: 'segments', partition: 1 } as const;
const GROUP = 'sidecast-aws-xray';

let brokers: FakeBrokers;
let journal: KafkaJournal;
let events: KafkaJournalOptions['events'] & {
  opened: ReturnType<typeof vi.fn<(id: string, record: JournalRecord) => void>>;
};
let onTheWay: Set<Position>;

beforeEach(async () => {
  brokers = new FakeBrokers();
  onTheWay = new Set();
  events = {
    prepare: async ({ record }) => record,
    opened: vi.fn(),
    refused: vi.fn(),
    dropped: vi.fn(),
    deleted: vi.fn(),
    handedOver: vi.fn(() => onTheWay),
    brokersChanged: vi.fn(),
    tooLarge: vi.fn(),
  };
  const outbox = await openJournal({
    dataDir: 'memory',
    maxBytes: 1024 * 1024,
    maxAgeMs: 1000,
    fsync: 'never',
    destinations: [OUTBOX_READER],
    clock: systemClock,
    events: journalEvents(),
  });
  journal = new KafkaJournal({
    client: brokers.client(),
    outbox: outbox.journal,
    dir: null,
    brokers: ['a:1'],
    group: 'sidecast',
    sessionTimeoutMs: 3000,
    keepsTraces: true,
    keepMemory: vi.fn(),
    maxAgeMs: 50 * 365 * 86_400_000,
    clock: systemClock,
    events,
  });
  await journal.start();
});
afterEach(() => journal.shutdown(AbortSignal.abort()));

const assign = async (...places: readonly (typeof PLACE | typeof OTHER)[]) => {
  const { listener } = brokers.members.at(-1) ?? {};
  await listener?.keepOnly([], true);
  listener?.assigned(places);
};

/** What the destination is handed, once there is something. */
async function next(reader: ReturnType<KafkaJournal['reader']>): Promise<JournalRecord> {
  return vi.waitFor(async () => {
    const read = await reader.next();
    if (!read) throw new Error('nothing is there');
    return read.record;
  });
}

const namesOf = ({ payload }: Pick<JournalRecord, 'payload'>) =>
  readDocuments(payload).map((document) => Buffer.from(document).toString());

describe('a position', () => {
  it('names topic, partition and offset, and runs of offsets stay runs', () => {
    const place = { signal: 'logs', partition: 1023 } as const;
    const position = positionOf(slotOf(place), 2 ** 41 - 1);

    expect(placeAt(position)).toEqual({ ...place, offset: 2 ** 41 - 1 });
    expect(Number.isSafeInteger(position)).toBe(true);
    expect(positionOf(slotOf(place), 8) - positionOf(slotOf(place), 7)).toBe(1);
  });
});

describe('a request that is larger than a message may be', () => {
  it('is cut into pieces that hold all of it, in order', () => {
    const whole = segments(...Array.from({ length: 9 }, (_, index) => `document-${index}`.padEnd(100)));

    const parts = cutTo(whole, 700);

    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flatMap(namesOf)).toEqual(namesOf(whole));
    expect(parts.reduce((sum, { summary }) => sum + summary.items, 0)).toBe(9);
  });
});

describe('an append', () => {
  it('is answered when the brokers have it, and is read as it was', async () => {
    const position = await journal.append(segments('a', 'b'));
    const reader = journal.reader('aws-xray');
    await assign(PLACE, OTHER);

    const record = await next(reader);

    expect(record.position).toBe(position);
    expect(namesOf(record)).toEqual(['a', 'b']);
    expect(record.summary.items).toBe(2);
    expect(events.opened).toHaveBeenCalledWith('aws-xray', record);
  });

  it('goes to the outbox while the brokers are away, and to them when they are back', async () => {
    brokers.down = new Error('no broker answers');
    await journal.append(segments('a'));

    expect(journal.mode).toBe('memory');
    expect(journal.health().reason).toMatchObject({ code: 'brokers_away' });
    expect(events.brokersChanged).toHaveBeenCalledExactlyOnceWith(false, 'no broker answers');

    brokers.down = undefined;
    await vi.waitFor(() => expect(journal.mode).toBe('kafka'), 5000);
    expect(brokers.produced.flat()).toHaveLength(1);
    expect(journal.kafka().outboxBytes).toBe(0);
  });

  it('is cut smaller where the brokers take less than they say', async () => {
    brokers.takenBytes = 400;
    const whole = segments(...Array.from({ length: 20 }, (_, index) => `document-${index}`.padEnd(100)));

    await journal.append(whole);

    await vi.waitFor(() => expect(journal.kafka().outboxBytes).toBe(0), 15_000);
    const written = brokers.produced.flat().flatMap(({ value }) => namesOf({ payload: value }));
    expect(new Set(written)).toEqual(new Set(namesOf(whole)));
  }, 20_000);

  it('is refused where one item is larger than the topic takes', async () => {
    const huge = segments('x'.repeat(20_000));

    await expect(journal.append(huge)).rejects.toThrow(/max.message.bytes/);
  });
});

describe('what is settled', () => {
  it('is committed up to the first record that is not', async () => {
    for (const name of ['a', 'b', 'c']) brokers.write(PLACE, Buffer.from(segments(name).payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    const [a, b, c] = [await next(reader), await next(reader), await next(reader)];

    journal.settle('aws-xray', a.position, 'whole');
    journal.settle('aws-xray', c.position, 'whole');
    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(1));
    journal.settle('aws-xray', b.position, 'whole');

    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(3));
    expect(journal.backlog('aws-xray').bytes).toBe(0);
  });

  it('can be read again as long as it is not settled whole, with what is', async () => {
    brokers.write(PLACE, Buffer.from(segments('a', 'b').payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    const { position } = await next(reader);
    const first = new ItemSet(2);
    first.add(0);
    journal.settle('aws-xray', position, first);

    const again = await reader.read(position);
    expect(again?.settled?.has(0)).toBe(true);
    expect(again?.settled?.has(1)).toBe(false);

    journal.settle('aws-xray', position, 'whole');
    expect(await reader.read(position)).toBeUndefined();
  });
});

describe('a partition that goes to another member', () => {
  it('is committed first, once what is on the way has ended, and is not read any more', async () => {
    for (const name of ['a', 'b']) brokers.write(PLACE, Buffer.from(segments(name).payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    const { position } = await next(reader);
    onTheWay = new Set([position]);

    const handedOver = brokers.members[0]?.listener.keepOnly([], true);
    await vi.waitFor(() => expect(events.handedOver).toHaveBeenCalled());
    expect(brokers.committed(GROUP, PLACE)).not.toBe(1);
    journal.settle('aws-xray', position, 'whole');
    await handedOver;

    expect(brokers.committed(GROUP, PLACE)).toBe(1);
    expect(await reader.next()).toBeUndefined();
  });
});

describe('a partition that is given back', () => {
  it('goes on where it was, also where the brokers never took the commit', async () => {
    for (const name of ['a', 'b', 'c']) brokers.write(PLACE, Buffer.from(segments(name).payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    const [a, , c] = [await next(reader), await next(reader), await next(reader)];
    journal.settle('aws-xray', a.position, 'whole');
    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(1));
    journal.settle('aws-xray', c.position, 'whole');
    await brokers.members[0]?.listener.keepOnly([], false);
    brokers.write(PLACE, Buffer.from(segments('d').payload));

    brokers.members[0]?.listener.assigned([PLACE]);
    const [again, then] = [await next(reader), await next(reader)];

    expect(namesOf(again)).toEqual(['b']);
    expect(namesOf(then)).toEqual(['d']);
    journal.settle('aws-xray', again.position, 'whole');
    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(3));
  });

  it('is committed where nothing new comes', async () => {
    for (const name of ['a', 'b']) brokers.write(PLACE, Buffer.from(segments(name).payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    const [a, b] = [await next(reader), await next(reader)];
    journal.settle('aws-xray', a.position, 'whole');
    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(1));
    journal.settle('aws-xray', b.position, 'whole');
    await brokers.members[0]?.listener.keepOnly([], false);

    brokers.members[0]?.listener.assigned([PLACE]);

    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(2));
    expect(await reader.next()).toBeUndefined();
  });

  it('begins anew where a record is settled in part: its items are counted once more', async () => {
    brokers.write(PLACE, Buffer.from(segments('a').payload));
    brokers.write(PLACE, Buffer.from(segments('b', 'c').payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    const [a, both] = [await next(reader), await next(reader)];
    journal.settle('aws-xray', a.position, 'whole');
    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(1));
    const first = new ItemSet(2);
    first.add(0);
    journal.settle('aws-xray', both.position, first);
    await brokers.members[0]?.listener.keepOnly([], false);

    brokers.members[0]?.listener.assigned([PLACE]);

    const { position } = await next(reader);
    expect((await reader.read(position))?.settled).toBeUndefined();
  });

  it('is read from its beginning where its topic was made anew', async () => {
    for (const name of ['a', 'b']) brokers.write(PLACE, Buffer.from(segments(name).payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    for (const { position } of [await next(reader), await next(reader)])
      journal.settle('aws-xray', position, 'whole');
    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(2));
    await brokers.members[0]?.listener.keepOnly([], false);
    brokers.makeAnew(PLACE);
    for (const name of ['x', 'y', 'z']) brokers.write(PLACE, Buffer.from(segments(name).payload));

    brokers.members[0]?.listener.assigned([PLACE]);

    expect(namesOf(await next(reader))).toEqual(['x']);
  });
});

describe('a message that has to be looked at first', () => {
  it('is not handed out where its partition was taken away meanwhile', async () => {
    let goOn: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    events.prepare = vi.fn(async ({ record }) => {
      await looked;
      return record;
    });
    brokers.write(PLACE, Buffer.from(segments('a').payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    let read: ReturnType<typeof reader.next> | undefined;
    await vi.waitFor(() => {
      read = reader.next();
      expect(events.prepare).toHaveBeenCalled();
    });

    await brokers.members[0]?.listener.keepOnly([], true);
    goOn();

    expect(await read).toBeUndefined();
    expect(events.opened).not.toHaveBeenCalled();
  });

  it('is refused in the books, and done with, where it may not be passed on', async () => {
    events.prepare = async () => undefined;
    brokers.write(PLACE, Buffer.from(segments('a', 'b').payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);

    await vi.waitFor(async () => {
      expect(await reader.next()).toBeUndefined();
      expect(brokers.committed(GROUP, PLACE)).toBe(1);
    });

    expect(events.refused).toHaveBeenCalledExactlyOnceWith('aws-xray', positionOf(slotOf(PLACE), 0), 2, true);
    expect(events.opened).not.toHaveBeenCalled();
  });
});

describe('what the brokers deleted', () => {
  it('is counted as dropped before the destination reads on', async () => {
    for (const name of ['a', 'b', 'c']) brokers.write(PLACE, Buffer.from(segments(name).payload));
    const reader = journal.reader('aws-xray');
    await assign(PLACE);
    journal.settle('aws-xray', (await next(reader)).position, 'whole');
    await vi.waitFor(() => expect(brokers.committed(GROUP, PLACE)).toBe(1));
    await brokers.members[0]?.listener.keepOnly([], false);
    brokers.deleteBefore(PLACE, 2);

    brokers.members[0]?.listener.assigned([PLACE]);

    expect(namesOf(await next(reader))).toEqual(['c']);
    expect(events.deleted).toHaveBeenCalledExactlyOnceWith('aws-xray', positionOf(slotOf(PLACE), 1), 1);
  });
});

describe('the options', () => {
  const problemOf = (env: Record<string, string>, node = '24.6.0') =>
    kafkaProblem(loadConfig({ kafka: options }, { env }).values.kafka, node);

  it.each([
    [{}, '20.19.0', undefined],
    [{ SIDECAST_ROLE: 'receive' }, '24.6.0', /needs a journal that others read/],
    [{ SIDECAST_JOURNAL: 'kafka', SIDECAST_KAFKA: 'a:1' }, '20.19.0', /needs Node 22.22 or 24.6/],
    [{ SIDECAST_JOURNAL: 'kafka', SIDECAST_KAFKA: 'a:1' }, '22.22.0', undefined],
    [{ SIDECAST_JOURNAL: 'kafka' }, '24.6.0', /set SIDECAST_KAFKA/],
    [{ SIDECAST_JOURNAL: 'kafka', SIDECAST_KAFKA: 'a' }, '24.6.0', /not host:port/],
    [
      { SIDECAST_JOURNAL: 'kafka', SIDECAST_KAFKA: 'a:1', SIDECAST_KAFKA_SASL: 'plain' },
      '24.6.0',
      /set both/,
    ],
  ])('%j on Node %s', (env, node, problem) => {
    if (problem) expect(problemOf(env, node)).toMatch(problem);
    else expect(problemOf(env, node)).toBeUndefined();
  });
});
