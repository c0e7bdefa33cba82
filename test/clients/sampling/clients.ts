// Part of the tests: programs that ask an unmodified X-Ray SDK for sampling decisions, each with the SDK from its registry.
import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { python } from '../venv.ts';

const VERSIONS = { node: '3.12.0', go: 'v2.0.3', java: '2.21.0' };
/** Packages are fetched. */
const TIMEOUT_MS = 300_000;

const run = promisify(execFile);

export type Language = 'python' | 'node' | 'go' | 'java';

export interface Step {
  step: 'rules' | 'decisions' | 'quota' | 'followed' | 'documents';
  names?: readonly string[];
  sampled?: Record<string, number> | number;
  quota?: number;
  seconds?: number;
}

export interface Client {
  /** Resolves with what it says of this step; rejects when it ends before, with what it said. */
  step(name: Step['step']): Promise<Step>;
  stop(): Promise<void>;
}

interface Program {
  command: string;
  args: readonly string[];
}

/** `folder`: of the program, one for each language. */
export async function startClient(
  language: Language,
  xrayPort: number,
  folder: 'sampling' | 'documents' = 'sampling',
): Promise<Client> {
  const dir = await mkdtemp(join(tmpdir(), 'sidecast-test-'));
  const { command, args } = await PREPARE[language](dir, join(import.meta.dirname, '..', folder));
  const child = spawn(command, args, {
    cwd: dir,
    env: { PATH: env['PATH'] ?? '', HOME: dir, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${xrayPort}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  const steps = new Map<string, Step>();
  let wake = () => {};
  let hasEnded = false;
  createInterface({ input: child.stderr }).on('line', (line) => void said.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    if (line.startsWith('{')) {
      const step = JSON.parse(line) as Step;
      steps.set(step.step, step);
    }
    wake();
  });
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      hasEnded = true;
      wake();
      resolve();
    }),
  );
  return {
    async step(name) {
      for (;;) {
        const step = steps.get(name);
        if (step) return step;
        if (hasEnded) throw new Error(`${language} ended before "${name}":\n${said.slice(-30).join('\n')}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const PREPARE: Readonly<Record<Language, (dir: string, programs: string) => Promise<Program>>> = {
  python: async (_dir, programs) => ({ command: await python(), args: [join(programs, 'client.py')] }),
  async node(dir, programs) {
    const options = ['--prefix', dir, '--silent', '--no-save', '--no-audit', '--no-fund'];
    await run('npm', ['install', ...options, `aws-xray-sdk-core@${VERSIONS.node}`], { timeout: TIMEOUT_MS });
    return { command: execPath, args: [join(programs, 'client.cjs'), dir] };
  },
  async go(dir, programs) {
    await copyFile(join(programs, 'client.go'), join(dir, 'main.go'));
    const module = `module client\ngo 1.21\nrequire github.com/aws/aws-xray-sdk-go/v2 ${VERSIONS.go}\n`;
    await writeFile(join(dir, 'go.mod'), module);
    const options = { cwd: dir, timeout: TIMEOUT_MS };
    await run('go', ['mod', 'tidy'], options);
    await run('go', ['build', '-o', 'client', '.'], options);
    return { command: join(dir, 'client'), args: [] };
  },
  async java(dir, programs) {
    await writeFile(join(dir, 'pom.xml'), POM);
    const options = { cwd: dir, timeout: TIMEOUT_MS };
    await run('mvn', ['-q', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], options);
    await run('javac', ['-cp', 'lib/*', '-d', dir, join(programs, 'Client.java')], options);
    return { command: 'java', args: ['-cp', `lib/*:${dir}`, 'Client'] };
  },
};

const POM = `<project><modelVersion>4.0.0</modelVersion><groupId>test</groupId><artifactId>client</artifactId><version>1</version>
<dependencies><dependency><groupId>com.amazonaws</groupId><artifactId>aws-xray-recorder-sdk-core</artifactId><version>${VERSIONS.java}</version></dependency></dependencies></project>`;
