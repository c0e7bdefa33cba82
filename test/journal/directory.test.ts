// Part of the tests: one process for one data directory, of a layout that it knows.
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LayoutError } from '../../src/journal/errors.ts';
import { acquireLock, type Lock, LockedError } from '../../src/journal/lock.ts';
import { temporaryDir } from '../support/records.ts';
import { appendAll, never, readNumbers, startSeen } from './support.ts';

let dir: Awaited<ReturnType<typeof temporaryDir>>;

beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

async function listenAt(path: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

function connected(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** A socket that a killed process left: nobody listens. */
async function leaveDeadLock(): Promise<void> {
  const path = join(dir.path, 'lock');
  const server = await listenAt(join(dir.path, 'other'));
  // Closing removes its own name only.
  await link(join(dir.path, 'other'), path);
  await new Promise((resolve) => server.close(resolve));
  expect((await stat(path)).isSocket()).toBe(true);
}

describe('the lock', () => {
  it('of a process that was killed is taken over', async () => {
    await leaveDeadLock();
    const lock = await acquireLock(dir.path);

    expect(await lock.isHeld()).toBe(true);
    await expect(acquireLock(dir.path)).rejects.toThrow(LockedError);
    await lock.release();
  });

  it('is had by one of many that find it dead at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      await leaveDeadLock();
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => acquireLock(dir.path)));
      const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));

      expect(locks).toHaveLength(1);
      expect(await locks[0]?.isHeld()).toBe(true);
      await locks[0]?.release();
      await rm(join(dir.path, 'other'), { force: true });
    }
  });

  it('is lost to a rival that found it dead as well, and removed ours for it', async () => {
    await leaveDeadLock();
    const path = join(dir.path, 'lock');
    const acquiring = acquireLock(dir.path);
    acquiring.catch(() => undefined);
    await vi.waitFor(() => connected(path), { interval: 1 });
    await rm(path);
    const rival = await listenAt(path);

    await expect(acquiring).rejects.toThrow(LockedError);
    await new Promise((resolve) => rival.close(resolve));
  });

  it('is not held any more once its file is gone, and is left alone when it is another process’s', async () => {
    const first = await acquireLock(dir.path);
    await rm(join(dir.path, 'lock'));
    expect(await first.isHeld()).toBe(false);
    const second: Lock = await acquireLock(dir.path);
    await first.release();

    expect(await second.isHeld()).toBe(true);
    await second.release();
  });
});

describe('VERSION', () => {
  it('names the layout and the release that wrote it', async () => {
    const { journal } = await startSeen({ dataDir: dir.path, release: 'sidecast 1.2.3' });
    await journal.shutdown(never);

    expect(await readFile(join(dir.path, 'VERSION'), 'utf8')).toBe('1\nwritten by sidecast 1.2.3\n');
  });

  it('of a layout that is not known refuses to start, and says which release reads it', async () => {
    await writeFile(join(dir.path, 'VERSION'), '7\nwritten by sidecast 9.1.0\n');
    const starting = startSeen({ dataDir: dir.path });

    await expect(starting).rejects.toThrow(LayoutError);
    await expect(starting).rejects.toThrow(
      /^nothing is lost: .* layout 7, .* layout 1\. Run sidecast 9\.1\.0/,
    );
    await (await acquireLock(dir.path)).release();
  });

  it.each(['', '\0\0\0', '\n'])('that a power loss left as %j is written anew', async (content) => {
    const first = await startSeen({ dataDir: dir.path });
    await appendAll(first.journal, 3);
    await first.journal.shutdown(never);
    await writeFile(join(dir.path, 'VERSION'), content);

    const { journal } = await startSeen({ dataDir: dir.path });

    expect(await readNumbers(journal)).toEqual([0, 1, 2]);
    expect(await readFile(join(dir.path, 'VERSION'), 'utf8')).toMatch(/^1\n/);
    await journal.shutdown(never);
  });
});
