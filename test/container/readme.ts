// Part of the tests: the README's commands for an engine, as they are typed, but for names and ports of the test's own.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { eventually } from '../support/app.ts';
import { fences, IN_CONTAINERS, readme } from '../support/readme-commands.ts';
import type { Engine } from './engine.ts';
import { createProject, type Project } from './project.ts';

const run = promisify(execFile);
const UP_WITHIN_MS = 60_000;
/** A person ends it with Ctrl-C. */
const UNTIL_CTRL_C = ['timeout', '--preserve-status', '-s', 'INT', '2'];

/** Who pastes a snippet has a backend already; the later ones add to the first. */
const BACKEND = 'services: { backend: { image: backend } }\n';

export function asTheReadmeShows(engine: Engine, project: () => Project): void {
  it('its snippets are compose files, the first as it stands, the others upon it', async () => {
    const [first = '', ...more] = fences(readme())
      .filter(({ language, text }) => language === 'yaml' && /^services:/.test(text))
      .map(({ text }) => text);
    const folder = await mkdtemp(join(tmpdir(), 'sidecast-snippets-'));
    try {
      for (const added of [BACKEND, ...more]) {
        const texts = [first, BACKEND, added];
        const files = texts.map((_, index) => join(folder, `${index}.yaml`));
        for (const [index, file] of files.entries()) await writeFile(file, texts[index] ?? '');
        const parsed = await engine.compose([...files.flatMap((file) => ['-f', file]), 'config']);
        expect(parsed).toContain('sidecast:4318');
      }
      expect(more.length).toBeGreaterThan(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each(IN_CONTAINERS)('%s', async (command) => {
    const [program, ...words] = command.split(' ');
    if (program === 'curl') return void (await fetched(words[0] ?? '', project()));
    if (words[0] === 'build') return await built(engine, words);
    if (!words.includes('up')) return void (await project().compose(detached(words.slice(1))));
    if (words.includes('--env-file')) {
      expect(words.slice(1, 3)).toEqual(['--env-file', 'docker/sandbox.env']);
      await project().compose(detached(words.slice(3)));
      await eventually(
        () => fetch(`${project().adminUrl}/readyz`).catch(() => undefined),
        (answer) => answer?.ok === true,
        UP_WITHIN_MS,
      );
    } else await withoutKeys(engine, words.slice(1));
  });
}

/** What `up` shows, what a terminal is needed for, and what has no end. */
function detached(words: readonly string[]): readonly string[] {
  const [verb, ...rest] = words;
  if (verb === 'up') return [verb, '-d', ...rest];
  if (verb !== 'exec') return words;
  const [service = '', ...typed] = rest;
  return [verb, '-T', service, ...(typed.includes('tail') ? UNTIL_CTRL_C : []), ...typed];
}

async function fetched(address: string, { backendUrl, sandboxUrl }: Project): Promise<void> {
  const url = address.replace('localhost:4567', backendUrl).replace('localhost:4320', sandboxUrl);
  await eventually(
    () =>
      run('curl', ['-sSf', url]).then(
        ({ stdout }) => stdout,
        () => undefined,
      ),
    (body) => body !== undefined && typeof JSON.parse(body) === 'object',
    UP_WITHIN_MS,
  );
}

/** Under a name of its own, and with a network that reaches a registry. */
async function built(engine: Engine, words: readonly string[]): Promise<void> {
  const image = `sidecast-readme-${pid}`;
  const [verb = '', ...rest] = words.map((word) => (word === 'sidecast' ? image : word));
  try {
    await engine.docker([verb, '--network', 'host', ...rest]);
    expect(await engine.docker(['run', '--rm', image, 'version'])).toMatch(/^\d+\.\d+\.\d+$/);
  } finally {
    await engine.docker(['rmi', '-f', image]);
  }
}

/** No key, so nothing is on. */
async function withoutKeys(engine: Engine, words: readonly string[]): Promise<void> {
  const own = await createProject(engine, { name: 'sidecast-readme', keys: 'none' });
  try {
    await own.compose(detached(words));
    await eventually(
      () => fetch(`${own.adminUrl}/readyz`).catch(() => undefined),
      (answer) => answer?.ok === true,
      UP_WITHIN_MS,
    );
  } finally {
    await own.down();
  }
}
