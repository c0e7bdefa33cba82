// Part of the tests: every command of the README. What is sidecast's runs here; for the others, the suite of CI that runs it is named.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { temporaryDir } from '../support/records.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** Lines of sh blocks, and those of console blocks that begin with a dollar, without their remarks. */
function commandsOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```(sh|console)\n([\s\S]*?)^```$/gm)];
  const lines = blocks.flatMap(([, kind, text = '']) =>
    text.split('\n').flatMap((line) => {
      if (kind === 'sh') return [line];
      return line.startsWith('$ ') ? [line.slice(2)] : [];
    }),
  );
  return lines.map((line) => line.replace(/(^|\s+)#.*$/, '').trim()).filter((line) => line !== '');
}

/** A container needs an engine, and npm ci a checkout of its own: where CI runs them. */
const ELSEWHERE: readonly (readonly [command: RegExp, file: string, part: string])[] = [
  [/^npm ci && npm run demo$/, '.ci/run', 'npm run demo'],
  [/^npm ci && npm test$/, '.ci/run', 'npm test'],
  [
    /^docker compose --env-file docker\/sandbox\.env up --build$/,
    'test/container/compose.test.ts',
    'docker/sandbox.env',
  ],
  [/^docker compose up --build$/, 'test/container/compose.test.ts', 'up'],
  [/^curl localhost:4567\/api\/activities\/home$/, 'test/container/compose.test.ts', '/api/activities/home'],
  [/^curl localhost:4320\/_sandbox\/counts$/, 'test/container/compose.test.ts', '_sandbox/counts'],
];

const commands = [...new Set(commandsOf(readFileSync(join(ROOT, 'README.md'), 'utf8')))];
const here = commands.filter((command) => !ELSEWHERE.some(([pattern]) => pattern.test(command)));

let dir: Awaited<ReturnType<typeof temporaryDir>>;
let sandbox: Sandbox;
let sidecast: Sidecast;

beforeAll(async () => {
  dir = await temporaryDir();
  sandbox = await startSandbox();
  sidecast = await startSidecast(sandboxSettings(sandbox.url));
  const program = join(dir.path, 'sidecast');
  await writeFile(program, `#!/bin/sh\nexec '${execPath}' '${join(ROOT, 'dist', 'main.js')}' "$@"\n`);
  await chmod(program, 0o755);
  const yaml = /```yaml\n(# yaml-language-server[\s\S]*?)```/.exec(
    readFileSync(join(ROOT, 'README.md'), 'utf8'),
  );
  await writeFile(join(dir.path, 'sidecast.yaml'), yaml?.[1] ?? 'none: found');
});
afterAll(async () => {
  await sidecast?.stop();
  await sandbox?.close();
  await dir?.remove();
});

describe('a command of the README', () => {
  it('is found at all', () => {
    expect(commands.length).toBeGreaterThan(15);
  });

  it.each(here)('ends with 0: %s', async (command) => {
    // In the container or beside it, the command is the same.
    const local = command
      .replace(/^docker compose exec sidecast /, '')
      .replaceAll('localhost:4319', new URL(sidecast.adminUrl).host)
      .replace(/ \| source$/, '')
      .replace(/^curl /, 'curl -sSf ');
    const env = {
      ...sandboxSettings(sandbox.url),
      PATH: `${dir.path}:/usr/local/bin:/usr/bin:/bin`,
      HOME: dir.path,
      AWS_EC2_METADATA_DISABLED: 'true',
      SIDECAST_ADMIN_PORT: new URL(sidecast.adminUrl).port,
    };

    const { stdout, stderr } = await run('bash', ['-c', local], { cwd: dir.path, env });

    expect(`${stdout}${stderr}`).not.toMatch(/unknown|not understood/);
  });

  it.each(ELSEWHERE)('is run by CI: %s', (pattern, file, part) => {
    expect(commands.filter((command) => pattern.test(command))).toHaveLength(1);
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(part);
  });
});
