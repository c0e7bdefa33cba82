// Part of the tests: where two documents could disagree, one is generated. UPDATE_DOCS=1 writes them anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { sections } from '../src/app/sections.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { xraySettingsTable } from '../src/cli/xray-settings.ts';
import { renderEnvExample, renderMarkdownTable, type Section } from '../src/config/document.ts';
import type { Option } from '../src/config/option.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { FIXES } from '../src/model/fixes.ts';
import { REASONS } from '../src/model/reasons.ts';
import { DESTINATION_IDS } from '../src/model/signals.ts';
import { RULES } from '../src/processors/redact/rules.ts';
import { EVENTS } from '../src/telemetry/event-names.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { whatGoesWhere } from './app/what-goes-where.ts';
import { performanceBlock } from './bench/performance.ts';
import { backlogBlocks } from './chaos/backlog/blocks.ts';
import { reliabilityBlocks } from './chaos/reliability.ts';
import { doctorBlock } from './cli/doctor-block.ts';
import { reasonBlocks, reasonTable } from './exporters/reason-blocks.ts';
import { journalBlocks } from './journal/blocks.ts';
import { dependencyTable, directDependencies, REASONS as WHY } from './support/dependencies.ts';

const ROOT = join(import.meta.dirname, '..');
const README = join(ROOT, 'README.md');

const table = (head: string, rows: readonly (readonly [string, string])[]) =>
  [
    `| ${head} | meaning |`,
    '| --- | --- |',
    ...rows.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`),
  ].join('\n');

const generated: Readonly<Record<string, string>> = {
  options: optionTables(sections),
  xray: xraySettingsTable(),
  metrics: metricsTable(await scrape()),
  commands: table(
    'command',
    Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const),
  ),
  ...reasonBlocks(),
  events: table('event', Object.entries(EVENTS)),
  redaction: table('rule', Object.entries(RULES)),
  ...reliabilityBlocks(),
  ...journalBlocks(),
  ...backlogBlocks(),
  ...performanceBlock(),
  ...(await whatGoesWhere()),
  ...(await doctorBlock()),
};

function optionTables(found: readonly Section[]): string {
  return found.map(({ title, options }) => `**${title}**\n\n${renderMarkdownTable(options)}`).join('\n\n');
}

function scrape(): Promise<string> {
  const ledger = new Ledger();
  for (const id of DESTINATION_IDS) ledger.open(id, 0);
  return createMetrics({
    ledger,
    backlog: () => undefined,
    redacted: () => ({}),
    kafka: () => ({ outboxBytes: 0, groups: [] }),
    now: () => 0,
  }).render();
}

/** As a scrape has them: names, kinds and what they count. */
function metricsTable(scraped: string): string {
  const found = [...scraped.matchAll(/^# HELP (\S+) (.+)\n# TYPE \S+ (\S+)$/gm)];
  return table(
    'metric',
    found.map(([, name = '', help = '', kind = '']) => [name, `${kind}: ${help}`] as const),
  );
}

const BLOCK = /<!-- generated: (\S+) -->\n([\s\S]*?)<!-- end -->/g;

function withGenerated(readme: string, blocks = generated): string {
  return readme.replace(BLOCK, (block, name: string) =>
    name in blocks ? `<!-- generated: ${name} -->\n${blocks[name]}\n<!-- end -->` : block,
  );
}

const blockNames = (readme: string) => [...readme.matchAll(BLOCK)].map(([, name = '']) => name);

describe('README.md', () => {
  it('has the tables that the declarations make', () => {
    const readme = readFileSync(README, 'utf8');
    const expected = withGenerated(readme);
    if (env['UPDATE_DOCS']) writeFileSync(README, expected);

    expect(blockNames(readme).toSorted()).toEqual(Object.keys(generated).toSorted());
    expect(env['UPDATE_DOCS'] ? expected : readme).toBe(expected);
  });

  it('lies as soon as a reason code is new, an option has another default, or a metric another name', async () => {
    const changed = sections.map((section) => ({
      ...section,
      options: Object.fromEntries(
        Object.entries(section.options).map(([key, option]: [string, Option<unknown>]) => [
          key,
          option.env === 'SIDECAST_MAX_AGE' ? { ...option, fallback: '8d' } : option,
        ]),
      ),
    }));
    const readme = withGenerated(readFileSync(README, 'utf8'));
    const readmeWith = (change: Record<string, string>) => withGenerated(readme, { ...generated, ...change });

    expect(readmeWith({ reasons: reasonTable({ ...REASONS, lost_in_thought: 'it was' }) })).not.toBe(readme);
    expect(readmeWith({ options: optionTables(changed) })).not.toBe(readme);
    expect(
      readmeWith({ metrics: metricsTable((await scrape()).replaceAll('queued_bytes', 'queued_size')) }),
    ).not.toBe(readme);
    expect(readmeWith({ reasons: reasonTable(REASONS), options: optionTables(sections) })).toBe(readme);
  });

  it('has something to do for every reason code', () => {
    expect(Object.keys(FIXES)).toEqual(Object.keys(REASONS));
    for (const fix of Object.values(FIXES)) expect(fix).toMatch(/^[A-Z].*[.)]$/);
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

describe('SECURITY.md', () => {
  it('lists every direct dependency, with its size and the reason', () => {
    const path = join(ROOT, 'SECURITY.md');
    const text = readFileSync(path, 'utf8');
    const block = /(<!-- generated: dependencies -->\n)[\s\S]*?(<!-- end -->)/;
    const expected = text.replace(
      block,
      (_, open: string, close: string) => `${open}${dependencyTable()}\n${close}`,
    );
    if (env['UPDATE_DOCS']) writeFileSync(path, expected);

    expect(env['UPDATE_DOCS'] ? expected : text).toBe(expected);
  });

  it('knows why each is there', () => {
    const { needed, known } = directDependencies();

    expect(needed.size).toBeGreaterThan(15);
    expect([...needed].filter((name) => !(name in WHY))).toEqual([]);
    expect(Object.keys(WHY).filter((name) => !known.has(name))).toEqual([]);
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
