// Part of the tests: the journal over a real folder and over memory.
import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LayoutError } from '../../src/journal/errors.ts';
import type { Journal, JournalReader } from '../../src/journal/journal.ts';
import { LockedError } from '../../src/journal/lock.ts';
import { ItemSet } from '../../src/model/item-set.ts';
import { accepted, journalEvents, startJournal, temporaryDir } from '../support/records.ts';

const never = new AbortController().signal;
let dir: Awaited<ReturnType<typeof temporaryDir>>;

beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

async function readAll(reader: JournalReader): Promise<string[]> {
  const texts: string[] = [];
  for (let read = await reader.next(); read; read = await reader.next()) {
    texts.push(Buffer.from(read.record.payload).toString());
  }
  return texts;
}

async function segmentFiles(): Promise<string[]> {
  return (await readdir(join(dir.path, 'journal'))).sort().map((name) => join(dir.path, 'journal', name));
}

/** Ends a journal as kill -9 would: nothing more is written, but a successor in this process may take the lock. */
async function abandon(journal: Journal): Promise<void> {
  await journal.shutdown(never);
}

describe.each(['disk', 'memory'] as const)('a journal on %s', (mode) => {
  it('gives every record to every destination once, in order and unchanged', async () => {
    const dataDir = mode === 'disk' ? dir.path : 'memory';
    const journal = await startJournal({ dataDir, destinations: ['honeycomb', 'rollbar'] });
    const texts = Array.from({ length: 200 }, (_, index) => `record ${index} ${'ü'.repeat(index)}`);

    const positions = await Promise.all(texts.map((text) => journal.append(accepted(text))));

    expect(positions).toEqual(texts.map((_, index) => index));
    expect(await readAll(journal.reader('honeycomb'))).toEqual(texts);
    expect(await readAll(journal.reader('rollbar'))).toEqual(texts);
    await journal.shutdown(never);
  });

  it('reads a record again by its position until it is settled', async () => {
    const journal = await startJournal({ dataDir: mode === 'disk' ? dir.path : 'memory' });
    const position = await journal.append(accepted('again', 3));
    const reader = journal.reader('honeycomb');
    const first = new ItemSet(3);
    first.add(1);
    journal.settle('honeycomb', position, first);

    const read = await reader.read(position);
    journal.settle('honeycomb', position, 'whole');

    expect(read?.settled?.has(1)).toBe(true);
    expect(read?.record.summary.services).toEqual(['backend-flask']);
    expect(await reader.read(position)).toBeUndefined();
    await journal.shutdown(never);
  });
});

describe('a journal on disk', () => {
  it('has no more and no less than what was not settled, after any number of restarts', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), size: fc.nat(3000) }),
      fc.record({ kind: fc.constant('settle' as const), pick: fc.nat(1000) }),
      fc.record({ kind: fc.constant('restart' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const own = await temporaryDir();
        const options = { dataDir: own.path, maxBytes: 1024 * 1024 };
        let journal = await startJournal(options);
        const open = new Map<number, string>();
        for (const action of steps) {
          if (action.kind === 'append') {
            const text = `${action.size}:`.padEnd(action.size, 'x');
            open.set(await journal.append(accepted(text)), text);
          } else if (action.kind === 'settle' && open.size > 0) {
            const position = [...open.keys()][action.pick % open.size] ?? 0;
            journal.settle('honeycomb', position, 'whole');
            open.delete(position);
          } else if (action.kind === 'restart') {
            await journal.shutdown(never);
            const events = journalEvents();
            journal = await startJournal({ ...options, events });
            expect(events.recoveredRecords.map((found) => found.position)).toEqual([...open.keys()]);
          }
        }
        expect(await readAll(journal.reader('honeycomb'))).toEqual([...open.values()]);
        await journal.shutdown(never);
        await own.remove();
      }),
      { numRuns: 40 },
    );
  });

  it('cuts a torn tail off and goes on behind it', async () => {
    const journal = await startJournal({ dataDir: dir.path });
    for (const text of ['one', 'two', 'three']) await journal.append(accepted(text));
    await abandon(journal);
    const [file = ''] = await segmentFiles();
    await truncate(file, (await readFile(file)).length - 2);

    const next = await startJournal({ dataDir: dir.path });
    const position = await next.append(accepted('four'));

    expect(position).toBe(2);
    expect(await readAll(next.reader('honeycomb'))).toEqual(['one', 'two', 'four']);
    await next.shutdown(never);
  });

  it('never gives a number out twice when a power loss took records that were settled already', async () => {
    const journal = await startJournal({ dataDir: dir.path });
    for (const text of ['one', 'two', 'three']) await journal.append(accepted(text));
    for (const position of [0, 1, 2]) journal.settle('honeycomb', position, 'whole');
    await abandon(journal);
    for (const file of await segmentFiles()) await truncate(file, 0);

    const next = await startJournal({ dataDir: dir.path });
    const position = await next.append(accepted('four'));

    expect(position).toBe(3);
    expect(await readAll(next.reader('honeycomb'))).toEqual(['four']);
    await next.shutdown(never);
  });

  it('loses only the record that was damaged, and counts it', async () => {
    const journal = await startJournal({ dataDir: dir.path });
    for (const text of ['one', 'two', 'three']) await journal.append(accepted(text));
    await abandon(journal);
    const [file = ''] = await segmentFiles();
    const content = await readFile(file);
    content[content.indexOf('two')] = 'T'.charCodeAt(0);
    await writeFile(file, content);

    const events = journalEvents();
    const next = await startJournal({ dataDir: dir.path, events });

    expect(await readAll(next.reader('honeycomb'))).toEqual(['one', 'three']);
    expect(events.missingRecords).toEqual([{ destination: 'honeycomb', position: 1, records: 1, items: 1 }]);
    await next.shutdown(never);
  });

  it('ignores a settlement line that was half written', async () => {
    const journal = await startJournal({ dataDir: dir.path });
    for (const text of ['one', 'two']) await journal.append(accepted(text));
    journal.settle('honeycomb', 0, 'whole');
    await abandon(journal);
    await appendFile(join(dir.path, 'cursors', 'honeycomb.log'), '1234abcd {"low":2,"set');

    const next = await startJournal({ dataDir: dir.path });

    expect(await readAll(next.reader('honeycomb'))).toEqual(['two']);
    await next.shutdown(never);
  });

  it('at its bound takes the oldest from the laggard while another destination keeps up', async () => {
    const events = journalEvents();
    const options = {
      dataDir: dir.path,
      maxBytes: 64 * 1024,
      destinations: ['honeycomb', 'rollbar'] as const,
      events,
    };
    const journal = await startJournal(options);
    const appended: number[] = [];
    for (let i = 0; i < 100; i++) {
      expect(journal.hasRoom(2000)).toBe(true);
      const position = await journal.append(accepted('x'.repeat(1500), 4));
      journal.settle('honeycomb', position, 'whole');
      appended.push(position);
    }

    expect(journal.bytes).toBeLessThanOrEqual(64 * 1024);
    expect(events.evictedRecords.length).toBeGreaterThan(20);
    expect(events.evictedRecords[0]).toEqual({
      destination: 'rollbar',
      position: 0,
      items: 4,
      code: 'journal_full',
    });
    const left = (await readAll(journal.reader('rollbar'))).length;
    expect(left + events.evictedRecords.length).toBe(appended.length);
    await journal.shutdown(never);
  });

  it('at its bound refuses new data when nobody keeps up', async () => {
    const journal = await startJournal({ dataDir: dir.path, maxBytes: 32 * 1024 });
    let appended = 0;
    while (journal.hasRoom(2000)) {
      await journal.append(accepted('x'.repeat(1500)));
      appended += 1;
    }

    expect(appended).toBeGreaterThan(10);
    expect((await readAll(journal.reader('honeycomb'))).length).toBe(appended);
    await journal.shutdown(never);
  });

  it('removes the files of what everybody has settled', async () => {
    const journal = await startJournal({ dataDir: dir.path, maxBytes: 64 * 1024 });
    for (let i = 0; i < 30; i++) {
      const position = await journal.append(accepted('x'.repeat(1500)));
      journal.settle('honeycomb', position, 'whole');
    }
    await journal.shutdown(never);

    expect(await segmentFiles()).toHaveLength(1);
  });

  it('starts a destination that is switched on later from now', async () => {
    const journal = await startJournal({ dataDir: dir.path });
    await journal.append(accepted('before'));
    await journal.shutdown(never);

    const next = await startJournal({ dataDir: dir.path, destinations: ['honeycomb', 'rollbar'] });
    await next.append(accepted('after'));

    expect(await readAll(next.reader('rollbar'))).toEqual(['after']);
    expect(await readAll(next.reader('honeycomb'))).toEqual(['before', 'after']);
    await next.shutdown(never);
  });

  it('keeps what a destination is owed while that is off', async () => {
    const both = ['honeycomb', 'rollbar'] as const;
    const now = { now: () => Date.now() };
    const clock = { now: now.now, schedule: () => () => undefined };
    const journal = await startJournal({ dataDir: dir.path, destinations: both, clock });
    await journal.append(accepted('owed', 1, 'traces', Date.now()));
    await journal.shutdown(never);
    const without = await startJournal({ dataDir: dir.path, destinations: ['honeycomb'], clock });
    expect(await readAll(without.reader('honeycomb'))).toEqual(['owed']);
    without.settle('honeycomb', 0, 'whole');
    await without.shutdown(never);

    const again = await startJournal({ dataDir: dir.path, destinations: both, clock });

    expect(await readAll(again.reader('rollbar'))).toEqual(['owed']);
    await again.shutdown(never);
  });

  it('refuses a directory that another process holds', async () => {
    const journal = await startJournal({ dataDir: dir.path });

    await expect(startJournal({ dataDir: dir.path })).rejects.toThrow(LockedError);
    await journal.shutdown(never);
    await (await startJournal({ dataDir: dir.path })).shutdown(never);
  });

  it('refuses a layout that it does not know', async () => {
    await writeFile(join(dir.path, 'VERSION'), '7\n');

    await expect(startJournal({ dataDir: dir.path })).rejects.toThrow(LayoutError);
  });
});
