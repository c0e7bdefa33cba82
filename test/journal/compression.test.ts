// Part of the tests: sealed segments that are compressed because a destination lags.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { canInflate, METHOD_NUMBERS } from '../../src/journal/disk/codec.ts';
import { LayoutError } from '../../src/journal/errors.ts';
import { accepted, ManualClock, temporaryDir } from '../support/records.ts';
import { createFaultyFiles } from './faults.ts';
import {
  appendAll,
  countedBy,
  never,
  numbersTo,
  PER_SEGMENT,
  readNumbers,
  segmentFiles,
  startSeen,
} from './support.ts';

const RECORDS = 23;
const BEHIND = { compress: { behindBytes: 4000, oldMs: 0 } };

let dir: Awaited<ReturnType<typeof temporaryDir>>;

beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

const sizes = async () =>
  Promise.all((await segmentFiles(dir.path)).map(async (path) => (await stat(path)).size));

/** Segments are sealed at 8 KiB; compressed they are a few hundred bytes. */
async function compressed(count: number): Promise<void> {
  await vi.waitFor(async () => expect((await sizes()).filter((size) => size < 2000)).toHaveLength(count), {
    interval: 5,
  });
}

describe('a journal of which a destination lags', () => {
  it('is compressed but for the segment that is written to, and counts what is on disk', async () => {
    const { journal } = await startSeen({ dataDir: dir.path, ...BEHIND });
    await appendAll(journal, RECORDS);
    await compressed(4);

    const total = (await sizes()).reduce((sum, size) => sum + size, 0);
    expect(journal.bytes).toBe(total);
    expect(total).toBeLessThan(RECORDS * 500);
    // What is to be read is as long as ever.
    expect(journal.backlog('honeycomb').bytes).toBeGreaterThan(RECORDS * 1500);
    expect(await readNumbers(journal)).toEqual(numbersTo(RECORDS));
    await journal.shutdown(never);
  });

  it('is found again by a start, and removed when it is settled', async () => {
    const first = await startSeen({ dataDir: dir.path, ...BEHIND });
    await appendAll(first.journal, RECORDS);
    await compressed(4);
    await first.journal.shutdown(never);

    const { journal, events } = await startSeen({ dataDir: dir.path, ...BEHIND });

    expect(events.recoveredRecords.map(({ position }) => position)).toEqual(numbersTo(RECORDS));
    expect(await readNumbers(journal)).toEqual(numbersTo(RECORDS));
    expect(countedBy(events, 'honeycomb')).toBe(0);
    for (const position of numbersTo(RECORDS)) journal.settle('honeycomb', position, 'whole');
    await journal.shutdown(never);
    expect(await segmentFiles(dir.path)).toHaveLength(1);
  });

  it('gives a record again by its position while its segment is being compressed', async () => {
    const { journal } = await startSeen({ dataDir: dir.path, ...BEHIND });
    await appendAll(journal, RECORDS);
    const reader = journal.reader('honeycomb');
    const reads = numbersTo(RECORDS).map((position) => reader.read(position));

    expect((await Promise.all(reads)).map((read) => read?.record.position)).toEqual(numbersTo(RECORDS));
    await compressed(4);
    await journal.shutdown(never);
  });

  it('keeps what would gain little as it is', async () => {
    const { journal } = await startSeen({ dataDir: dir.path, ...BEHIND });
    for (const _ of numbersTo(10)) await journal.append({ ...accepted(''), payload: randomBytes(1500) });
    await journal.shutdown(never);

    expect(Math.min(...(await sizes()).slice(0, -1))).toBeGreaterThan(8000);
    expect((await readdir(join(dir.path, 'journal'))).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('is left alone while everybody is close', async () => {
    const { journal } = await startSeen({
      dataDir: dir.path,
      compress: { behindBytes: 1_000_000, oldMs: 0 },
    });
    await appendAll(journal, RECORDS);
    await journal.shutdown(never);

    expect((await sizes()).filter((size) => size < 2000)).toHaveLength(0);
  });

  describe('by a moment', () => {
    /** A quarter of the bound is out of reach; one segment is sealed. */
    const MAX_BYTES = 256 * 1024;

    async function startYoung(maxBytes: number) {
      const clock = new ManualClock();
      const compress = { behindBytes: 4000, oldMs: 30_000 };
      const { journal } = await startSeen({ dataDir: dir.path, maxBytes, clock, compress });
      for (const number of numbersTo(RECORDS)) {
        const text = `record ${number} ${'x'.repeat(1500)}`;
        await journal.append({ ...accepted(text), receivedAtMs: clock.now() });
      }
      return { journal, clock };
    }

    it('is left alone: who lags so reads it soon', async () => {
      const { journal, clock } = await startYoung(MAX_BYTES);
      clock.advance(29_000);
      await journal.shutdown(never);

      expect((await sizes()).filter((size) => size < 2000)).toHaveLength(0);
    });

    it('is compressed when the moment has become half a minute', async () => {
      const { journal, clock } = await startYoung(MAX_BYTES);
      for (const _ of numbersTo(3)) {
        clock.advance(10_000);
        await new Promise(setImmediate);
      }

      await compressed(1);
      await journal.shutdown(never);
    });

    it('is compressed at once where that is a quarter of the bound', async () => {
      const { journal } = await startYoung(64 * 1024);

      await compressed(4);
      await journal.shutdown(never);
    });
  });

  it('is on disk before it takes the place of what it was made from', async () => {
    const files = createFaultyFiles();
    const { journal } = await startSeen({ dataDir: dir.path, files, ...BEHIND });
    await appendAll(journal, RECORDS);
    await compressed(4);
    await journal.shutdown(never);

    const ofFirst = files.calls.filter(({ path }) => /0{20}\.seg(\.new)?$/.test(path));
    const rename = ofFirst.findIndex(({ operation }) => operation === 'rename');
    expect(rename).toBeGreaterThan(0);
    expect(ofFirst[rename - 1]).toMatchObject({
      operation: 'file.sync',
      path: expect.stringMatching(/\.new$/),
    });
  });

  it('is whole whenever the process is killed while it compresses', async () => {
    for (let stopAt = 1; ; stopAt += 1) {
      const own = await temporaryDir();
      const files = createFaultyFiles();
      const { journal } = await startSeen({ dataDir: own.path, files, clock: new ManualClock(), ...BEHIND });
      let rewriting = 0;
      // Calls that have to do with an unfinished file, counted.
      files.fault = ({ operation, path }) => {
        if (!path.endsWith('.seg.new') && operation !== 'rename') return undefined;
        rewriting += 1;
        if (rewriting === stopAt) files.kill();
        return undefined;
      };
      await appendAll(journal, RECORDS).catch(() => undefined);
      await files.quiet();
      await journal.shutdown(never);
      const next = await startSeen({ dataDir: own.path });
      const found = await readNumbers(next.journal);
      expect([stopAt, found]).toEqual([stopAt, numbersTo(found.length)]);
      expect(found.length).toBeGreaterThanOrEqual(PER_SEGMENT);
      expect(countedBy(next.events, 'honeycomb')).toBe(0);
      expect((await readdir(join(own.path, 'journal'))).filter((name) => name.endsWith('.new'))).toEqual([]);
      await next.journal.shutdown(never);
      await own.remove();
      if (rewriting < stopAt) break;
    }
  });
});

describe.skipIf(canInflate('zstd'))('a Node without zstd', () => {
  it('refuses to start on what zstd compressed, says what reads it, and gives the directory free', async () => {
    const first = await startSeen({ dataDir: dir.path, ...BEHIND });
    await appendAll(first.journal, RECORDS);
    await compressed(4);
    await first.journal.shutdown(never);
    const [file = ''] = await segmentFiles(dir.path);
    const content = await readFile(file);
    content.writeUInt32BE(METHOD_NUMBERS.zstd, 4);
    content.writeUInt32BE(crc32(content.subarray(0, 24)), 24);
    // Without the table at the end the heads are believed.
    content.fill(0, content.length - 4);
    await writeFile(file, content);

    for (let i = 0; i < 2; i += 1) {
      const starting = startSeen({ dataDir: dir.path, ...BEHIND });
      await expect(starting).rejects.toThrow(LayoutError);
      await expect(starting).rejects.toThrow(/^nothing is lost.*Node 22.15/);
    }
  });
});
