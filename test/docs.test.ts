// Part of the tests: where two documents could disagree, one is generated. UPDATE_DOCS=1 writes them anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { sections } from '../src/app/sections.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { xraySettingsTable } from '../src/cli/xray-settings.ts';
import { renderEnvExample, renderMarkdownTable } from '../src/config/document.ts';
import type { Option } from '../src/config/option.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { REASONS } from '../src/model/reasons.ts';
import { DESTINATION_IDS } from '../src/model/signals.ts';
import { RULES } from '../src/processors/redact/rules.ts';
import { EVENTS } from '../src/telemetry/events.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { whatGoesWhere } from './app/what-goes-where.ts';
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
  metrics: await metricsTable(),
  commands: table(
    'command',
    Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const),
  ),
  reasons: table('code', Object.entries(REASONS)),
  events: table('event', Object.entries(EVENTS)),
  redaction: table('rule', Object.entries(RULES)),
  ...reliabilityBlocks(),
  ...journalBlocks(),
  ...backlogBlocks(),
  ...(await whatGoesWhere()),
};

/** As a scrape has them: names, kinds and what they count. */
async function metricsTable(): Promise<string> {
  const ledger = new Ledger();
  for (const id of DESTINATION_IDS) ledger.open(id, 0);
  const text = await createMetrics({
    ledger,
    backlog: () => undefined,
    redacted: () => ({}),
    kafka: () => ({ outboxBytes: 0, groups: [] }),
    now: () => 0,
  }).render();
  const found = [...text.matchAll(/^# HELP (\S+) (.+)\n# TYPE \S+ (\S+)$/gm)];
  return table(
    'metric',
    found.map(([, name = '', help = '', kind = '']) => [name, `${kind}: ${help}`] as const),
  );
}

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

  it('names no variable that is not read', () => {
    const known = sections.flatMap(({ options }) =>
      Object.values(options).flatMap((option: Option<unknown>) => [option.env, `${option.env}_FILE`]),
    );
    const named = [
      ...readFileSync(README, 'utf8').matchAll(/\b(?:SIDECAST|HONEYCOMB|CLOUDWATCH|ROLLBAR)_[A-Z_]+\b/g),
    ];
    const unknown = named
      .map(([name]) => name)
      .filter((name) => !known.includes(name) && name !== 'SIDECAST_CONFIG');

    expect(named.length).toBeGreaterThan(50);
    expect(unknown).toEqual([]);
  });

  it('promises nobody that something takes no effort', () => {
    expect(readFileSync(README, 'utf8')).not.toMatch(/\b(just|simply|easy|easily|obviously)\b/i);
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
