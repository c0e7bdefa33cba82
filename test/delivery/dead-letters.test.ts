// Part of the tests: dead letters on disk: how they are written, bounded, cut off and read again.
import { appendFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFilter } from '../../src/delivery/dead-letters/filter.ts';
import { type DeadLetter, type Death, letterKey, lettersOf } from '../../src/delivery/dead-letters/letter.ts';
import { createMarkFile, readMarks } from '../../src/delivery/dead-letters/marks.ts';
import { createDeadLetterMemory } from '../../src/delivery/dead-letters/memory.ts';
import { type FoundLetter, readDirectory } from '../../src/delivery/dead-letters/read.ts';
import { createDeadLetterStore, type DeadLetterStore } from '../../src/delivery/dead-letters/store.ts';
import { summarize } from '../../src/delivery/dead-letters/summary.ts';
import type { JournalRecord } from '../../src/model/signals.ts';
import { frameDocuments } from '../../src/protocols/xray/datagram.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';

const DAY_MS = 86_400_000;
/** 2027-01-15 */
const START_MS = 1_800_000_000_000;

let root: Awaited<ReturnType<typeof temporaryDir>>;
let dir: string;
let clock: ManualClock;
let removed: { destination: string; letters: number; why: string }[];
let writable: boolean[];
let isJournalInMemory: boolean;

beforeEach(async () => {
  root = await temporaryDir();
  dir = join(root.path, 'dead-letters');
  clock = new ManualClock(START_MS);
  [removed, writable, isJournalInMemory] = [[], [], false];
});
afterEach(() => root.remove());

function open(maxBytes = 1024 * 1024, at: string | null = dir): DeadLetterStore {
  return createDeadLetterStore({
    dir: at,
    maxBytes,
    sync: false,
    isJournalInMemory: () => isJournalInMemory,
    clock,
    onRemoved: (destination, letters, why) => void removed.push({ destination, letters, why }),
    onWritable: (ok) => void writable.push(ok),
    onUnmarked: () => undefined,
  });
}

function letter(position: number, changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: `${position}:0`,
    destination: 'honeycomb',
    signal: 'segments',
    reason: { code: 'vendor_rejected', message: 'no' },
    vendor: { status: 400, body: 'a body with ,"otlp": in it' },
    suspect: false,
    receivedAt: new Date(START_MS).toISOString(),
    deadAt: new Date(clock.now()).toISOString(),
    origin: { peer: '127.0.0.1' },
    document: `document ${position}`,
    ...changes,
  };
}

async function all(letters: AsyncIterable<FoundLetter>): Promise<FoundLetter[]> {
  const found: FoundLetter[] = [];
  for await (const one of letters) found.push(one);
  return found;
}
const idsOf = async (letters: AsyncIterable<FoundLetter>) => (await all(letters)).map(({ head }) => head.id);
const documentsOf = async (letters: AsyncIterable<FoundLetter>) =>
  (await all(letters)).map((one) => (one.kind === 'documents' ? one.documents() : one.kind));

describe('the files', () => {
  it('are one a destination and day, for the owner alone', async () => {
    const store = open();
    await store.write([letter(1), letter(2, { destination: 'rollbar' })]);
    clock.advance(DAY_MS);
    await store.write([letter(3)]);

    expect((await readdir(dir)).sort()).toEqual([
      'honeycomb-2027-01-15.jsonl',
      'honeycomb-2027-01-16.jsonl',
      'rollbar-2027-01-15.jsonl',
    ]);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, 'rollbar-2027-01-15.jsonl'))).mode & 0o777).toBe(0o600);
    expect(await idsOf(store.read({}))).toEqual(['1:0', '2:0', '3:0']);
  });

  it('stay within the bound of each destination: the oldest part goes, counted, and never everything', async () => {
    const maxBytes = 16_000;
    const store = open(maxBytes);
    await store.write([letter(0, { destination: 'rollbar' })]);
    for (let position = 1; position <= 200; position++) await store.write([letter(position)]);

    const files = (await readdir(dir)).filter((name) => name.startsWith('honeycomb'));
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(dir, name))).size));
    const kept = await idsOf(store.read({ destination: 'honeycomb' }));
    const lost = removed.reduce((sum, { letters }) => sum + letters, 0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(maxBytes);
    expect(kept.length).toBeGreaterThan(30);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => `${201 - kept.length + i}:0`));
    expect(lost + kept.length).toBe(200);
    expect(removed.every(({ destination, why }) => destination === 'honeycomb' && why === 'max_bytes')).toBe(
      true,
    );
    expect(await idsOf(store.read({ destination: 'rollbar' }))).toEqual(['0:0']);
  });

  it('go when all of a day is older than 30 days, looked at once an hour', async () => {
    const store = open();
    await store.start();
    await store.write([letter(1), letter(2)]);
    clock.advance(29 * DAY_MS);
    await store.write([letter(3)]);
    expect(removed).toEqual([]);

    clock.advance(2 * DAY_MS);
    await store.write([letter(4)]);

    expect(removed).toEqual([{ destination: 'honeycomb', letters: 2, why: 'max_age' }]);
    expect(await idsOf(store.read({}))).toEqual(['3:0', '4:0']);
    await store.shutdown(AbortSignal.abort());
  });

  it('keep to a bound that was lowered', async () => {
    const before = open();
    for (let day = 0; day < 3; day++) {
      await before.write([letter(day, { document: 'x'.repeat(1000) })]);
      clock.advance(DAY_MS);
    }
    const after = open(3000);

    await after.start();

    expect(await idsOf(after.read({}))).toEqual(['1:0', '2:0']);
    expect(removed).toEqual([{ destination: 'honeycomb', letters: 1, why: 'max_bytes' }]);
    await after.shutdown(AbortSignal.abort());
  });
});

describe('many letters at once', () => {
  it('leave others their turn', async () => {
    const store = open();
    await store.write([letter(0)]);
    let turns = 0;
    let isWriting = true;
    const count = () => {
      turns += 1;
      if (isWriting) setImmediate(count);
    };
    setImmediate(count);

    await store.write(Array.from({ length: 160 }, (_, position) => letter(position)));
    isWriting = false;

    expect(turns).toBeGreaterThanOrEqual(9);
  });
});

describe('a crash in the middle of a line', () => {
  it('costs that line alone: it is skipped, and the next one starts a line of its own', async () => {
    await open().write([letter(1)]);
    const path = join(dir, 'honeycomb-2027-01-15.jsonl');
    await appendFile(path, JSON.stringify(letter(2)).slice(0, 100));
    let unreadable = 0;
    expect(await idsOf(readDirectory(dir, {}, () => unreadable++))).toEqual(['1:0']);
    expect(unreadable).toBe(0);

    await open().write([letter(3)]);

    expect(await idsOf(readDirectory(dir, {}, () => unreadable++))).toEqual(['1:0', '3:0']);
    expect(unreadable).toBe(1);
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(4);
  });

  it('between a letter and the cursor writes the letter twice: it is read once', async () => {
    const store = open();
    await store.write([letter(1)]);
    clock.advance(5000);
    await store.write([letter(1), letter(2)]);

    expect(await idsOf(store.read({}))).toEqual(['1:0', '2:0']);
  });
});

describe('a directory that cannot be written', () => {
  /** Every write to it ends with ENOSPC. */
  async function fillDisk(): Promise<string> {
    await mkdir(dir, { recursive: true });
    const path = join(dir, 'honeycomb-2027-01-15.jsonl');
    await symlink('/dev/full', path);
    return path;
  }

  it('makes the write fail, so that the item stays unsettled, and says so once', async () => {
    const path = await fillDisk();
    const store = open();

    await expect(store.write([letter(1)])).rejects.toThrow();
    await expect(store.write([letter(1)])).rejects.toThrow();
    expect(writable).toEqual([false]);
    await rm(path);
    await store.write([letter(1)]);

    expect(writable).toEqual([false, true]);
    expect(await idsOf(store.read({}))).toEqual(['1:0']);
  });

  it('keeps letters in memory when the journal is there too, and writes them when it works again', async () => {
    const path = await fillDisk();
    isJournalInMemory = true;
    const store = open();
    await store.start();
    await store.write([letter(1), letter(2)]);
    expect(await idsOf(store.read({}))).toEqual(['1:0', '2:0']);
    expect(await documentsOf(store.read({}))).toEqual([['document 1'], ['document 2']]);

    await rm(path);
    clock.advance(10_000);
    await store.shutdown(AbortSignal.abort());

    expect(await idsOf(readDirectory(dir, {}, () => undefined))).toEqual(['1:0', '2:0']);
    expect(removed).toEqual([]);
  });

  it('counts what is lost when the process ends before', async () => {
    await fillDisk();
    isJournalInMemory = true;
    const store = open();
    await store.write([letter(1), letter(2)]);

    await store.shutdown(AbortSignal.abort());

    expect(removed).toEqual([{ destination: 'honeycomb', letters: 2, why: 'memory_lost' }]);
  });
});

describe('memory', () => {
  it('keeps the newest that fit and counts the others', async () => {
    const lost: string[] = [];
    const memory = createDeadLetterMemory(1500, (destination, letters, why) =>
      lost.push(`${destination} ${letters} ${why}`),
    );

    await memory.write([1, 2, 3, 4, 5, 6].map((position) => letter(position)));

    const kept = memory.newest.map(({ id }) => id);
    expect(kept.at(-1)).toBe('6:0');
    expect(kept.length).toBeGreaterThan(2);
    expect(lost).toEqual(Array.from({ length: 6 - kept.length }, () => 'honeycomb 1 memory_full'));
  });
});

describe('reading', () => {
  it('does not see what is born meanwhile: a replay would send its own failures again', async () => {
    const store = open();
    await store.write([letter(1)]);
    clock.advance(DAY_MS);
    await store.write([letter(2)]);
    const letters = readDirectory(dir, {}, () => undefined);
    const first = await letters.next();

    await store.write([letter(3)]);

    expect(first.value?.head.id).toBe('1:0');
    expect(await idsOf(letters)).toEqual(['2:0']);
  });

  it('takes destination, reason, time and id as a person types them', async () => {
    const store = open();
    const old = new Date(START_MS - 3 * DAY_MS).toISOString();
    await store.write([
      letter(1, { deadAt: old }),
      letter(2, { destination: 'rollbar' }),
      letter(3, { reason: { code: 'too_large', message: '' } }),
    ]);
    const read = async (typed: Parameters<typeof parseFilter>[0]) => {
      const { filter, problems } = parseFilter(typed, 'flag', clock.now());
      expect(problems).toEqual([]);
      return (await idsOf(store.read(filter))).sort();
    };

    expect(await read({})).toEqual(['1:0', '2:0', '3:0']);
    expect(await read({ destination: 'rollbar' })).toEqual(['2:0']);
    expect(await read({ reason: 'too_large' })).toEqual(['3:0']);
    expect(await read({ since: '24h' })).toEqual(['2:0', '3:0']);
    expect(await read({ since: old })).toEqual(['1:0', '2:0', '3:0']);
    expect(await read({ id: '3:0' })).toEqual(['3:0']);
  });

  it.each([
    [{ destination: 'honycomb' }, 'honeycomb'],
    [{ reason: 'too_larg' }, 'too_large'],
    [{ since: 'yesterday' }, undefined],
  ])('refuses %j and names what is near', (typed, nearest) => {
    const { problems } = parseFilter(typed, 'flag', 0);

    expect(problems).toHaveLength(1);
    expect(problems[0]?.nearest).toBe(nearest);
  });

  it('understands a letter whose keys some tool has sorted', async () => {
    const { document, ...rest } = letter(1);
    await mkdir(dir);
    await writeFile(join(dir, 'honeycomb-2027-01-15.jsonl'), `${JSON.stringify({ document, ...rest })}\n`);

    expect(await documentsOf(readDirectory(dir, {}, () => undefined))).toEqual([['document 1']]);
  });

  it('sums up by destination and reason, newest first, with what was replayed', async () => {
    const store = open();
    await store.write([letter(1), letter(2, { suspect: true })]);
    clock.advance(1000);
    await store.write([letter(3, { destination: 'rollbar' })]);
    clock.advance(1000);
    await store.write([letter(4)]);
    await store.marks.append('honeycomb', 'delivered', [letterKey(letter(1)), letterKey(letter(4))]);
    await store.marks.append('honeycomb', 'dropped', [letterKey(letter(4))]);

    const summary = await summarize(store.read({}), await store.marks.load(), { newest: 2, inFull: true });

    expect(summary.groups).toMatchObject([
      { destination: 'honeycomb', reason: 'vendor_rejected', letters: 3, suspect: 1, replayed: 1 },
      { destination: 'rollbar', letters: 1, replayed: 0 },
    ]);
    expect(summary.groups[0]?.oldest).toBe(letter(1, { deadAt: new Date(START_MS).toISOString() }).deadAt);
    expect(summary.newest).toMatchObject([
      { id: '4:0', replay: 'dropped', document: 'document 4' },
      { id: '3:0', replay: null, document: 'document 3' },
    ]);
  });
});

describe('marks', () => {
  it('tell the last state of each letter, and survive a torn line', async () => {
    const marks = createMarkFile(
      dir,
      () => clock.now(),
      () => undefined,
    );
    await marks.append('honeycomb', 'begun', ['1:0@t', '2:0@t']);
    await marks.append('honeycomb', 'queued', ['1:0@t']);
    await appendFile(join(dir, 'replayed.log'), '{"at":"2027-01-15T00:00:00.000Z","destin');
    await marks.append('rollbar', 'begun', ['1:0@t']);

    expect(Object.fromEntries(await readMarks(dir))).toEqual({
      'honeycomb 1:0@t': 'queued',
      'honeycomb 2:0@t': 'begun',
      'rollbar 1:0@t': 'begun',
    });
    expect((await stat(join(dir, 'replayed.log'))).mode & 0o777).toBe(0o600);
  });

  it('forget those of letters that are gone, once there are many', async () => {
    const marks = createMarkFile(
      dir,
      () => clock.now(),
      () => undefined,
    );
    await marks.append(
      'honeycomb',
      'delivered',
      Array.from({ length: 50_000 }, (_, i) => `${i}:0@old-old-old-old-old`),
    );
    clock.advance(40 * DAY_MS);
    await marks.append('honeycomb', 'delivered', ['1:0@new']);

    await marks.compact(clock.now() - 30 * DAY_MS);

    const kept = await readMarks(dir);
    expect(kept.size).toBe(1);
    expect([...kept.keys()]).toEqual(['honeycomb 1:0@new']);
  });
});

describe('a letter', () => {
  const death = (changes: Partial<Death> = {}): Death => ({
    destination: 'honeycomb',
    from: 0,
    to: 2,
    reason: { code: 'vendor_rejected', message: 'no', fix: '' },
    vendor: null,
    deadAtMs: START_MS,
    ...changes,
  });
  const record = (payload: Uint8Array, signal: JournalRecord['signal'] = 'segments'): JournalRecord => ({
    position: 7,
    signal,
    receivedAtMs: START_MS,
    payload,
    summary: { items: 2, serverSpans: 0, errors: 0, exceptions: 0, untimed: 0, services: [] },
    origin: { peer: '10.0.0.1', dataset: 'mine', only: 'honeycomb', replayOf: '3:1@then' },
  });
  const documents = ['{"a":\n1}', '{"b":2}'];
  const segments = record(frameDocuments(documents.map((text) => Buffer.from(text))));

  it('is one for each item, with where it came from', () => {
    expect([...lettersOf(segments, [death()])]).toMatchObject([
      { id: '7:0', document: documents[0], suspect: false, replayOf: '3:1@then' },
      { id: '7:1', document: documents[1], origin: { peer: '10.0.0.1', dataset: 'mine' } },
    ]);
  });

  it('holds all items of a suspect request, newlines within them unharmed', () => {
    expect([...lettersOf(segments, [{ ...death(), suspect: true }])]).toMatchObject([
      { id: '7:0', documents, suspect: true },
    ]);
  });

  it('holds bytes that nobody can decode as they are, once', () => {
    const broken = record(Buffer.from([0xff, 0xff, 0xff]), 'traces');

    expect([...lettersOf(broken, [death()])]).toMatchObject([{ id: '7:0', raw: '////' }]);
  });

  it('does not pass bytes off as text that they are not', () => {
    const latin1 = record(frameDocuments([Buffer.from([0x7b, 0xe9, 0x7d]), Buffer.from('{}')]));

    const [first, second] = [...lettersOf(latin1, [death()])];
    expect(first).toMatchObject({ raw: 'e+l9' });
    expect(second).toMatchObject({ document: '{}' });
  });
});
