// Part of the tests: every command of the README. What is sidecast's runs here; for the others, the suite of CI that runs it is named.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import {
  commandsOf,
  FENCES,
  fences,
  IN_CI,
  IN_CONTAINERS,
  MEASURED,
  ROOT,
  readme,
  WITH_THE_PACKAGE,
  WRITES_DOCUMENTS,
} from '../support/readme-commands.ts';
import { temporaryDir } from '../support/records.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';

const run = promisify(execFile);
const commands = commandsOf(readme());
const elsewhere = [
  ...IN_CONTAINERS,
  ...WITH_THE_PACKAGE,
  ...IN_CI,
  ...Object.keys(MEASURED),
  WRITES_DOCUMENTS,
];
/** In the container or beside it, a command of sidecast is the same: those run here as well. */
const isOurs = (command: string) =>
  /^(docker compose exec sidecast |source <\()?sidecast /.test(command) || command.includes('localhost:4319');
/** The examples of the API, which page-api.test.ts runs as they stand. */
const isApi = (command: string) => /^curl .*'127\.0\.0\.1:4319/.test(command);
const here = commands.filter(isOurs);
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

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
  const yaml = fences(readme()).find(({ text }) => text.startsWith('# yaml-language-server'));
  await writeFile(join(dir.path, 'sidecast.yaml'), yaml?.text ?? 'none: found');
  await writeFile(
    join(dir.path, 'FILE'),
    '{"format":"json","version":1}\n{"name":"app","http":{"password":"x"}}',
  );
});
afterAll(async () => {
  await sidecast?.stop();
  await sandbox?.close();
  await dir?.remove();
});

describe('a command of the README', () => {
  it('is run by somebody, and nobody runs what it does not show', () => {
    expect(
      commands.filter((command) => !isOurs(command) && !isApi(command) && !elsewhere.includes(command)),
    ).toEqual([]);
    expect(elsewhere.filter((command) => !commands.includes(command))).toEqual([]);
  });

  it('is nowhere but where it is looked for', () => {
    const found = fences(readme());

    expect(new Set(found.map(({ language }) => language))).toEqual(new Set(FENCES));
    for (const { language, text } of found) if (language !== 'console') expect(text).not.toMatch(/^[$%>] /m);
  });

  it.each(here)('ends with 0: %s', async (command) => {
    const local = command
      .replace(/^docker compose exec sidecast /, '')
      .replaceAll('localhost:4319', new URL(sidecast.adminUrl).host)
      // Of other shells: test/cli/completion.test.ts asks them.
      .replace(/ \| source$/, '')
      .replace(/^source <\((.+ zsh)\)$/, '$1')
      .replace(/^curl /, 'curl -sSf ')
      // What goes on until Ctrl-C gets it.
      .replace(/^sidecast tail\b/, 'timeout --preserve-status -s INT 2 sidecast tail');
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

  it.each(IN_CI)('is run by CI: %s', (command) => {
    const lines = textOf('.ci/run')
      .split('\n')
      .map((line) => line.trim());
    for (const part of command.split(' && '))
      expect(lines.some((line) => line === part || line.startsWith(`${part} -- `))).toBe(true);
  });

  it('is run by CI when it measures', () => {
    expect(textOf('.ci/run').split('\n')).toContain('npx vitest run --project commands');
  });
});
