// Part of the tests: what npm pack gives, run where there is nothing else: no dependencies, no repository. And what is said of its parts.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const MAX_BUFFER = 64 * 1024 * 1024;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sidecast-pack-'));
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir], {
    cwd: ROOT,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await run('tar', ['xf', join(dir, filename), '-C', dir]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the package', () => {
  it('has the program, its licence and its README, and neither sources nor tests', async () => {
    const { bin } = JSON.parse(await readFile(join(dir, 'package', 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
    };
    const files = await readdir(join(dir, 'package'));

    expect(files.toSorted()).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'package.json']),
    );
    expect(files).not.toContain('src');
    expect(files).not.toContain('test');
    for (const path of Object.values(bin)) expect(existsSync(join(dir, 'package', path))).toBe(true);
  });

  it('runs alone: version, validate, and a demo whose books close', async () => {
    const main = join(dir, 'package', 'dist', 'main.js');
    const alone = { cwd: dir, env: { PATH: '', HOME: dir }, maxBuffer: MAX_BUFFER };

    expect((await run(execPath, [main, 'version'], alone)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(execPath, [main, 'validate'], alone)).stdout).toContain('Nothing is wrong');
    expect((await run(execPath, [main, 'demo', '--for', '2s'], alone)).stdout).toContain('Every book closes');
  });
});

describe('the bill of materials', () => {
  it('has every package whose code is shipped, with version, licence and hash, and is the same each time', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(() => run(execPath, ['.ci/sbom.mjs'], { cwd: ROOT, maxBuffer: MAX_BUFFER })),
    );
    const { bomFormat, components } = JSON.parse(first?.stdout ?? '') as {
      bomFormat: string;
      components: { name: string; version: string; licenses: unknown[]; hashes?: unknown[] }[];
    };
    const names = components.map(({ name }) => name);

    expect(second?.stdout).toBe(first?.stdout);
    expect(bomFormat).toBe('CycloneDX');
    expect(names).toEqual(
      expect.arrayContaining(['fastify', 'pino', 'undici', '@aws-sdk/client-xray', 'zod']),
    );
    expect(names).not.toContain('vitest');
    expect(components.filter(({ licenses, hashes }) => licenses.length === 0 || !hashes)).toEqual([]);
  });
});

describe('the licences', () => {
  it('are all known to be fit for shipping', async () => {
    const { stdout } = await run(execPath, ['.ci/licences.mjs'], { cwd: ROOT, maxBuffer: MAX_BUFFER });

    expect(stdout).toMatch(/^fastify \S+ +MIT$/m);
  });
});
