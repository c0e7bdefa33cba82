// Part of the tests: completions, as bash, zsh and fish offer them where these are installed, and the text for those that are not.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { completion } from '../../src/cli/completion.ts';
import { type } from '../support/typed.ts';
import { COMPLETERS, isHere, type Shell } from './shells.ts';

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];
const OFFERS: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [['sidecast', 'dead'], ['dead-letters']],
  [
    ['sidecast', 'replay', '--destination', 'aws'],
    ['aws-cloudwatch-logs', 'aws-xray'],
  ],
  [['sidecast', 'replay', '--dry'], ['--dry-run']],
  [['sidecast', 'run', '--log-level', 'w'], ['warn']],
  [
    ['sidecast', 'run', '--honeycomb-api'],
    ['--honeycomb-api-endpoint', '--honeycomb-api-key'],
  ],
];

describe.each(SHELLS)('completion in %s', (shell) => {
  it.skipIf(!isHere(shell)).each(OFFERS)('of %j', async (words, offered) => {
    const { out } = await type(completion, [shell]);

    expect(COMPLETERS[shell](out, words).toSorted()).toEqual(offered);
  });

  it.skipIf(!isHere(shell))('of the words that a command takes', async () => {
    const { out } = await type(completion, [shell]);

    expect(COMPLETERS[shell](out, ['sidecast', 'provision', ''])).toEqual(
      expect.arrayContaining(['plan', 'apply']),
    );
  });

  it('has every command and flag in its text', async () => {
    const { out } = await type(completion, [shell]);

    for (const name of Object.keys(COMMANDS)) expect(out).toContain(name);
    expect(out).toMatch(/(--| -l )honeycomb-api-key/);
  });
});

describe(completion, () => {
  // bash reads zsh's quotes as zsh does, and is everywhere.
  it.each(['bash', 'zsh'])('closes the quotes that it opens for %s', async (shell) => {
    const { out } = await type(completion, [shell]);

    expect(() => execFileSync('bash', ['-n'], { input: out, stdio: 'pipe' })).not.toThrow();
  });

  it('says what it can do when asked for another shell', async () => {
    expect(await type(completion, ['tcsh'])).toMatchObject({ code: 2 });
  });
});
