// Part of the tests: programs that fail, run here and now by each language that this machine has: their frames at Rollbar.
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { env, execPath } from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bareClass } from '../../src/exporters/rollbar/trace-body.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { exceptionsIn } from './arrivals.ts';

const STACKS = join(import.meta.dirname, '..', 'fixtures', 'stacktraces');
const PROGRAMS = join(STACKS, 'programs');
const OWN_FILES: ReadonlySet<string> = new Set(readdirSync(PROGRAMS));

interface Language {
  /** As `telemetry.sdk.language` says it. */
  name: string;
  prefix: string;
  /** Without it, the language is skipped. */
  needs: readonly [command: string, ...args: string[]];
  /** Leaves a file for each trace, or gives what was printed, by the trace's name. */
  run(folder: string): Promise<Readonly<Record<string, string>>>;
}

/** What it printed to both, however it ended: most of them fail, which is the point. */
function print(folder: string, command: string, ...args: string[]): Promise<string> {
  const own = { PATH: env['PATH'] ?? '', HOME: env['HOME'] ?? '' };
  return new Promise((resolve) => {
    execFile(command, args, { cwd: folder, env: own, timeout: 120_000 }, (_error, out, err) =>
      resolve(out + err),
    );
  });
}

const LANGUAGES: readonly Language[] = [
  {
    name: 'python',
    prefix: 'python',
    needs: ['python3', '-c', 'ExceptionGroup'],
    async run(folder) {
      await print(folder, 'python3', join(folder, 'chain.py'));
      // How deep it gets differs from version to version.
      rmSync(join(folder, 'python-recursion.txt'), { force: true });
      return {};
    },
  },
  {
    name: 'nodejs',
    prefix: 'node',
    needs: [execPath, '--version'],
    async run(folder) {
      await print(folder, execPath, join(folder, 'a.cjs'));
      return { 'node-uncaught': await print(folder, execPath, join(folder, 'uncaught.mjs')) };
    },
  },
  {
    name: 'java',
    prefix: 'java',
    needs: ['javac', '-version'],
    async run(folder) {
      await print(folder, 'javac', '-d', 'classes', 'Main.java');
      const uncaught = await print(folder, 'java', '-cp', 'classes', 'com.example.Main');
      return {
        'java-uncaught': uncaught,
        'java-proxy': readFileSync(join(folder, 'java-overflow.txt'), 'utf8'),
      };
    },
  },
  {
    name: 'go',
    prefix: 'go',
    needs: ['go', 'version'],
    async run(folder) {
      await print(folder, 'go', 'build', '-o', 'failing', 'main.go');
      const failures = ['recovered', 'nil', 'repanic', 'routine', 'deadlock'];
      const printed = failures.map(async (how) => [
        `go-${how}`,
        await print(folder, join(folder, 'failing'), how),
      ]);
      return Object.fromEntries(await Promise.all(printed)) as Record<string, string>;
    },
  },
  {
    name: 'ruby',
    prefix: 'ruby',
    // 3.4 quotes differently, and says of which class a method is.
    needs: ['ruby', '-e', 'exit RUBY_VERSION < "3.4"'],
    async run(folder) {
      await print(folder, 'ruby', 'failing.rb');
      return {};
    },
  },
  {
    name: 'php',
    prefix: 'php',
    // 8.4 says in which function a closure is.
    needs: ['php', '-r', 'exit(PHP_VERSION_ID < 80400 ? 0 : 1);'],
    async run(folder) {
      await print(folder, 'php', 'failing.php');
      return {};
    },
  },
];

/** Node 20 says under which name a getter was called, Node 24 does not. */
const withoutAlias = (method: string) => method.replace(/ \[as [^\]]*\]$/, '');

interface Raised {
  type: string;
  /** Those of the program's own file: `function | file:line`, the most recent call last. */
  frames: readonly string[];
}

/** From the recorded trace of the same program, whose frames were compared with its source. */
function expected(name: string): Raised[] {
  const raised: (Raised & { frames: string[] })[] = [];
  for (const line of readFileSync(join(STACKS, `${name}.frames`), 'utf8')
    .trimEnd()
    .split('\n')) {
    const [, method = '', file = '', number] = /^ {2}(.*) \| (.*):(\d+)$/.exec(line) ?? [];
    const [type = ''] = line.split(' | ');
    // What Go recovered is not named by its stack.
    if (!line.startsWith('  ')) raised.push({ type: type === '-' ? 'recovered' : type, frames: [] });
    else if (OWN_FILES.has(basename(file)))
      raised.at(-1)?.frames.push(`${withoutAlias(method)} | ${basename(file)}:${number}`);
  }
  return raised;
}

let sandbox: Sandbox;
let sidecast: Sidecast;

beforeAll(async () => {
  sandbox = await startSandbox();
  sidecast = await startSidecast(settingsOf(sandbox));
});
afterAll(async () => {
  await sidecast?.stop();
  await sandbox?.close();
});

let traces = 0;

/** As a span that recorded it. Resolves with the trace. */
async function send(language: string, type: string, stacktrace: string): Promise<string> {
  traces += 1;
  const traceId = `5a4db0c5${traces.toString(16).padStart(24, '0')}`;
  const nowMs = Date.now();
  const text = (values: Record<string, string>) =>
    Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const span = {
    traceId,
    spanId: '53995c3f42cd8ad8',
    name: 'work',
    kind: 1,
    startTimeUnixNano: `${nowMs}000000`,
    endTimeUnixNano: `${nowMs}000000`,
    status: { code: 2 },
    events: [
      {
        name: 'exception',
        timeUnixNano: `${nowMs}000000`,
        attributes: text({ 'exception.type': type, 'exception.stacktrace': stacktrace }),
      },
    ],
  };
  const resource = { attributes: text({ 'service.name': language, 'telemetry.sdk.language': language }) };
  const answer = await fetch(`${sidecast.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  expect(answer.status).toBe(200);
  return traceId;
}

describe.each(LANGUAGES)('$name', ({ name: language, prefix, needs: [command, ...args], run }) => {
  const isHere = spawnSync(command, args).status === 0;
  const folder = mkdtempSync(join(tmpdir(), 'sidecast-test-'));
  const printed = new Map<string, string>();

  beforeAll(async () => {
    if (!isHere) return;
    cpSync(PROGRAMS, folder, { recursive: true });
    for (const [name, text] of Object.entries(await run(folder))) printed.set(name, text);
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt')))
      printed.set(file.replace('.txt', ''), readFileSync(join(folder, file), 'utf8'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach((context) => context.skip(!isHere, `there is no ${command} to run`));

  const recorded = readdirSync(STACKS)
    .filter((file) => file.startsWith(`${prefix}-`) && file.endsWith('.frames'))
    .map((file) => file.replace('.frames', ''))
    .filter((name) => expected(name).some(({ frames }) => frames.length > 0) && name !== 'python-recursion');

  it.each(recorded)('%s has the functions, files and lines of the program', async (name) => {
    const raised = expected(name);
    expect(printed.keys()).toContain(name);
    const traceId = await send(language, raised[0]?.type ?? '', printed.get(name) ?? '');

    const exceptions = await eventually(
      () => exceptionsIn(sandbox, traceId),
      (found) => found.length > 0,
      5000,
    );

    const own = exceptions.map(({ exception, frames }) => ({
      type: exception.class,
      frames: frames
        .filter(({ filename }) => OWN_FILES.has(basename(filename)))
        .map(
          ({ method, filename, lineno }) =>
            `${withoutAlias(method || '-')} | ${basename(filename)}:${lineno}`,
        ),
    }));
    expect(own).toEqual(raised.map(({ type, frames }) => ({ type: bareClass(type, language), frames })));
  });
});
