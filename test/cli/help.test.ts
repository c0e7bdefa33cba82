// Part of the tests: what the table of commands gives: help, nearest names, and the schema of the YAML file.
import { describe, expect, it } from 'vitest';
import { optionGroups } from '../../src/app/options.ts';
import { COMMANDS, type CommandName } from '../../src/cli/commands.ts';
import { commandHelp, help, helpText, unknownCommand } from '../../src/cli/help.ts';
import { schema } from '../../src/cli/schema.ts';
import { yamlPathOf } from '../../src/config/option.ts';
import { type } from '../support/typed.ts';

const NAMES = Object.keys(COMMANDS) as CommandName[];

describe(help, () => {
  it('lists every command and the exit codes', () => {
    for (const name of NAMES) expect(helpText()).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(helpText()).toContain('Exit codes: 0 clean');
  });

  it.each(NAMES.filter((name) => name !== 'version'))(
    'has an example of %s, and only options that it has',
    (name) => {
      const { options, examples } = COMMANDS[name];
      const typed = examples.flatMap(([line]) =>
        [...line.matchAll(/(?<=\s)--[a-z-]+/g)].map(([flag]) => flag),
      );
      const known = [
        ...Object.keys(options).map((option) => `--${option}`),
        '--config',
        '--otlp-port',
        '--redact-deny',
      ];

      expect(examples.length).toBeGreaterThan(0);
      expect(typed.filter((flag) => !known.includes(flag))).toEqual([]);
      expect(commandHelp(name)).toContain('Exit codes');
    },
  );

  it('is that of a command when one is named, and knows no others', async () => {
    expect((await type(help, ['replay'])).out).toBe(commandHelp('replay'));
    expect(await type(help, ['reply'])).toMatchObject({
      code: 2,
      err: 'sidecast: unknown command reply. Did you mean replay? See sidecast help.',
    });
    expect(unknownCommand('frobnicate')).toBe('sidecast: unknown command frobnicate. See sidecast help.');
  });
});

describe(schema, () => {
  it('has every option at its path, and nothing else', async () => {
    const root = JSON.parse((await type(schema)).out) as Node;

    const paths = Object.values(optionGroups).flatMap((group) => Object.values(group).map(yamlPathOf));
    expect(leavesOf(root, '').toSorted()).toEqual(paths.toSorted());
  });
});

interface Node {
  properties?: Record<string, Node>;
}

function leavesOf({ properties }: Node, path: string): string[] {
  if (!properties) return [path];
  return Object.entries(properties).flatMap(([name, node]) =>
    leavesOf(node, path === '' ? name : `${path}.${name}`),
  );
}
