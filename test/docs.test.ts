// Part of the tests: where two documents could disagree, one is generated. UPDATE_DOCS=1 writes them anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { sections } from '../src/app/sections.ts';
import { COMMANDS } from '../src/cli/help.ts';
import { xraySettingsTable } from '../src/cli/xray-settings.ts';
import { renderEnvExample, renderMarkdownTable } from '../src/config/document.ts';
import { REASONS } from '../src/model/reasons.ts';
import { RULES } from '../src/processors/redact/rules.ts';
import { EVENTS } from '../src/telemetry/events.ts';
import { backlogBlocks } from './chaos/backlog/blocks.ts';
import { reliabilityBlocks } from './chaos/reliability.ts';
import { journalBlocks } from './journal/blocks.ts';

const ROOT = join(import.meta.dirname, '..');
const README = join(ROOT, 'README.md');

const table = (head: string, rows: readonly (readonly [string, string])[]) =>
  [
    `| ${head} | meaning |`,
    '| --- | --- |',
    ...rows.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`),
  ].join('\n');

const generated: Readonly<Record<string, string>> = {
  options: sections
    .map(({ title, options }) => `**${title}**\n\n${renderMarkdownTable(options)}`)
    .join('\n\n'),
  xray: xraySettingsTable(),
  commands: table('command', Object.entries(COMMANDS)),
  reasons: table('code', Object.entries(REASONS)),
  events: table('event', Object.entries(EVENTS)),
  redaction: table('rule', Object.entries(RULES)),
  ...reliabilityBlocks(),
  ...journalBlocks(),
  ...backlogBlocks(),
};

function withGenerated(readme: string): string {
  return Object.entries(generated).reduce((text, [name, content]) => {
    const block = new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    return text.replace(block, (_, open: string, close: string) => `${open}${content}\n${close}`);
  }, readme);
}

describe('README.md', () => {
  it('has the tables that the declarations make', () => {
    const readme = readFileSync(README, 'utf8');
    const expected = withGenerated(readme);
    if (env['UPDATE_DOCS']) writeFileSync(README, expected);

    for (const name of Object.keys(generated)) expect(readme).toContain(`<!-- generated: ${name} -->`);
    expect(env['UPDATE_DOCS'] ? expected : readme).toBe(expected);
  });

  it('names the scripts that package.json has', () => {
    const scripts = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...readFileSync(README, 'utf8').matchAll(/npm run ([a-z:]+)/g)].map(
      (match) => match[1] ?? '',
    );

    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !(name in scripts.scripts))).toEqual([]);
  });
});

describe('.env.example', () => {
  it('lists every variable', () => {
    const path = join(ROOT, '.env.example');
    if (env['UPDATE_DOCS']) writeFileSync(path, renderEnvExample(sections));

    expect(readFileSync(path, 'utf8')).toBe(renderEnvExample(sections));
  });
});

describe('docker/sandbox.env', () => {
  it('has the keys that the sandbox knows', async () => {
    const { sandboxSettings } = await import('../src/sandbox/index.ts');
    const lines = readFileSync(join(ROOT, 'docker', 'sandbox.env'), 'utf8').split('\n');

    for (const [name, value] of Object.entries(sandboxSettings('http://sandbox:4320'))) {
      expect(lines).toContain(`${name}=${value}`);
    }
  });
});

describe('the log', () => {
  it('has no event that is not documented', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.startsWith('sandbox'),
    );
    const written = sources.flatMap((name) => {
      const text = readFileSync(join(ROOT, 'src', name), 'utf8');
      return [...text.matchAll(/\blog\(\s*'(?:trace|debug|info|warn|error)',\s*'([a-z_]+)'/g)].map(
        (match) => match[1] ?? '',
      );
    });

    expect(written.length).toBeGreaterThan(10);
    expect(written.filter((event) => !(event in EVENTS))).toEqual([]);
  });
});
