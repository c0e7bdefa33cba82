// Part of the tests: appends that wait for fdatasync share it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accepted, temporaryDir } from '../support/records.ts';
import { createFaultyFiles } from './faults.ts';
import { never, numbersTo, startSeen, textOf } from './support.ts';

let dir: Awaited<ReturnType<typeof temporaryDir>>;

beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

const BIG = { maxBytes: 2 ** 30 };

async function syncsOf(fsync: 'always' | 'interval', clients: number, each: number): Promise<number> {
  const files = createFaultyFiles();
  const { journal } = await startSeen({ dataDir: dir.path, files, fsync, ...BIG });
  const before = files.calls.filter(({ operation }) => operation === 'file.sync').length;
  // Each waits for its answer before it sends again, as clients do.
  await Promise.all(
    numbersTo(clients).map(async (client) => {
      for (const number of numbersTo(each)) await journal.append(accepted(textOf(client * each + number)));
    }),
  );
  const syncs = files.calls.filter(({ operation }) => operation === 'file.sync').length - before;
  await journal.shutdown(never);
  return syncs;
}

describe('SIDECAST_JOURNAL_FSYNC=always', () => {
  it('syncs once for all that wait, and for those that come meanwhile once more', async () => {
    const syncs = await syncsOf('always', 64, 20);

    // 1,280 appends in some twenty groups.
    expect(syncs).toBeGreaterThanOrEqual(20);
    expect(syncs).toBeLessThanOrEqual(30);
  });

  it('answers nothing before its sync has ended', async () => {
    const files = createFaultyFiles();
    const { journal } = await startSeen({ dataDir: dir.path, files, fsync: 'always', ...BIG });
    const seen: string[] = [];
    files.fault = ({ operation }) => {
      if (operation === 'file.write' || operation === 'file.sync') seen.push(operation);
      return undefined;
    };
    await journal.append(accepted('one')).then(() => seen.push('answered'));
    await journal.append(accepted('two')).then(() => seen.push('answered'));

    expect(seen).toEqual(['file.write', 'file.sync', 'answered', 'file.write', 'file.sync', 'answered']);
    await journal.shutdown(never);
  });
});
