// Part of the tests of journal: the directory on a real file system.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeFiles } from '../../src/journal/disk/files.ts';

async function temporaryDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sidecast-test-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

describe('making the directory', () => {
  it('makes all that leads to it, private to the user, and is fine with one that is there', async () => {
    const dir = join(await temporaryDirectory(), 'a', 'b');

    await nodeFiles.makeDirectory(dir);
    await nodeFiles.makeDirectory(dir);

    expect((await stat(dir)).mode & 0o777).toBe(0o700);
  });

  it('fails where a file is in the way', async () => {
    const file = join(await temporaryDirectory(), 'file');
    await writeFile(file, '');

    await expect(nodeFiles.makeDirectory(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(nodeFiles.makeDirectory(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.skipIf(!existsSync('/proc/self'))(
    'fails rather than trying for ever where nothing can be made',
    async () => {
      await expect(nodeFiles.makeDirectory('/proc/nope')).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );
});
