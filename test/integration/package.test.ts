// Part of the tests: what npm pack gives, run where there is nothing else: no dependencies, no repository. And what is said of its parts.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, WITH_THE_PACKAGE } from '../support/readme-commands.ts';

const run = promisify(execFile);
const MAX_BUFFER = 64 * 1024 * 1024;

/** The README's commands, and what each prints. */
const PRINTS: Readonly<Record<string, RegExp>> = {
  'npm install ./sidecast-*.tgz': /^added 1 package/m,
  'npx sidecast version': /^\d+\.\d+\.\d+\n$/,
  'npx sidecast demo --for 2s': /Every book closes/,
  'npx xray': /^AWS X-Ray daemon version: /,
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sidecast-pack-'));
  // The lifecycle's build would take dist/ away from the tests beside this one.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', dir], { cwd: ROOT });
  const [archive = ''] = await readdir(dir);
  await run('tar', ['xf', join(dir, archive), '-C', dir]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function bundledPackages(field: 'name' | 'path'): Promise<string[]> {
  const list = `import('./.ci/components.mjs').then(async ({ components }) =>
    process.stdout.write(JSON.stringify((await components()).map((one) => one.${field}))))`;
  return JSON.parse((await run(execPath, ['-e', list], { cwd: ROOT })).stdout) as string[];
}

describe('the package', () => {
  it('has no dependencies: what it needs is in it', async () => {
    const described = JSON.parse(await readFile(join(dir, 'package', 'package.json'), 'utf8')) as object;

    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies'])
      expect(described).not.toHaveProperty(kind);
  });

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

  it('is the same on every processor: its programs are JavaScript, and no package that is bundled has anything native', async () => {
    const isNative = (name: string) => /\.(?:node|so|gyp)$/.test(name);
    const bundled = await bundledPackages('path');
    const shipped = await readdir(join(dir, 'package', 'dist'), { recursive: true, withFileTypes: true });

    expect(bundled.length).toBeGreaterThan(50);
    for (const path of bundled)
      expect((await readdir(join(ROOT, path), { recursive: true })).filter(isNative), path).toEqual([]);
    expect(shipped.filter((entry) => entry.isFile() && !/\.(?:c?js|map|css|html)$/.test(entry.name))).toEqual(
      [],
    );
  });

  it('has the code that few need in files of their own, and says what all of it is made of', async () => {
    const bundled = await bundledPackages('name');
    const dist = join(dir, 'package', 'dist');
    const programs = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'));
    const texts = await Promise.all(programs.map((name) => readFile(join(dist, name), 'utf8')));

    expect(await readdir(join(dist, 'vendors'))).toEqual(expect.arrayContaining(['re2js.cjs', 'yaml.cjs']));
    // An import of it would load Node's own fetch.
    expect(texts.filter((text) => /from ?"(?:node:)?http"/.test(text))).toEqual([]);
    expect(bundled).toEqual(expect.arrayContaining(['yaml', 're2js', 'fastify']));
  });

  it('runs alone: version, validate, and a demo whose books close', async () => {
    const main = join(dir, 'package', 'dist', 'main.js');
    const alone = { cwd: dir, env: { PATH: '', HOME: dir }, maxBuffer: MAX_BUFFER };

    expect((await run(execPath, [main, 'version'], alone)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(execPath, [main, 'validate'], alone)).stdout).toContain('Nothing is wrong');
    const file = join(dir, 'sidecast.yaml');
    await writeFile(file, 'redact:\n  patterns: cust-[0-9]+\n');
    expect((await run(execPath, [main, 'validate', '--config', file], alone)).stdout).toContain(
      'Nothing is wrong',
    );
    expect((await run(execPath, [main, 'demo', '--for', '2s'], alone)).stdout).toContain('Every book closes');
  });
});

describe('the commands of the README, in a folder with the archive and nothing else', () => {
  /** No registry, no cache: what it needs and has not got would be missed. */
  const typed = async (command: string) => {
    const cwd = join(dir, 'empty');
    const env = {
      PATH: [dirname(execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      HOME: cwd,
      npm_config_offline: 'true',
      npm_config_cache: join(dir, 'cache'),
      npm_config_update_notifier: 'false',
    };
    // The daemon goes on until it is told to end.
    const ending = command.replace(/^npx xray$/, 'npx xray --version');
    return (await run('bash', ['-c', ending], { cwd, env, maxBuffer: MAX_BUFFER })).stdout;
  };

  beforeAll(async () => {
    await mkdir(join(dir, 'empty'));
    const archives = (await readdir(dir)).filter((name) => name.endsWith('.tgz'));
    for (const archive of archives) await copyFile(join(dir, archive), join(dir, 'empty', archive));
  });

  it('are these', () => {
    expect(WITH_THE_PACKAGE).toEqual(['npm pack', ...Object.keys(PRINTS)]);
  });

  it.each(Object.entries(PRINTS))('%s', async (command, prints) => {
    expect(await typed(command)).toMatch(prints);
  });

  it('have brought one package: its own', async () => {
    const installed = await readdir(join(dir, 'empty', 'node_modules'));

    expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['sidecast']);
  });
});

describe('the audit', () => {
  const about = (name: string) => ({
    severity: 'high',
    via: [{ title: `${name} is broken`, url: `https://example.com/${name}` }],
    nodes: [`node_modules/${name}`],
  });
  const audit = (report: object) =>
    new Promise<{ code: number | string; out: string }>((resolve) => {
      const child = execFile(execPath, ['.ci/audit.mjs'], { cwd: ROOT }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, out: `${stdout}${stderr}` }),
      );
      child.stdin?.end(JSON.stringify(report));
    });

  it('fails for what is in the bundle, whatever kind of dependency it is', async () => {
    const { code, out } = await audit({
      vulnerabilities: { fastify: about('fastify'), vitest: about('vitest') },
    });

    expect(code).toBe(1);
    expect(out).toMatch(/^high {2}fastify \S+: fastify is broken https:/);
    expect(out).not.toContain('vitest');
  });

  it('passes over the tools, and never takes no report for a good one', async () => {
    expect(await audit({ vulnerabilities: { vitest: about('vitest') } })).toMatchObject({ code: 0 });
    expect(await audit({ message: 'no such endpoint' })).toMatchObject({ code: 2 });
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
