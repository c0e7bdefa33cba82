// Part of the tests: the container engine and the compose command of this machine.
import { execFile } from 'node:child_process';
import { env } from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The first time, base images are made. */
const START_TIMEOUT_MS = 600_000;
const COMMAND_TIMEOUT_MS = 600_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface Engine {
  /** Standard output. Throws, with what the command said, when it fails. */
  docker(args: readonly string[]): Promise<string>;
  compose(args: readonly string[], variables?: Readonly<Record<string, string>>): Promise<string>;
  /** Ends the engine if it was started here. */
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The one that is there; else the one that CONTAINER_ENGINE starts; else undefined. */
export async function findEngine(): Promise<Engine | undefined> {
  if (await works(env)) return createEngine(env, undefined);
  const starter = env['CONTAINER_ENGINE'];
  if (!starter) return undefined;
  const started = await startedBy(starter);
  if (!(await works(started))) throw new Error(`${starter} started no engine that answers`);
  return createEngine(started, starter);
}

/** Its output is lines to be evaluated by a shell. */
async function startedBy(starter: string): Promise<Environment> {
  const script = 'set -e; lines=$("$0" start); eval "$lines"; env -0';
  const { stdout } = await run('sh', ['-c', script, starter], { timeout: START_TIMEOUT_MS });
  const pairs = stdout.split('\0').filter((line) => line.includes('='));
  return Object.fromEntries(
    pairs.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

async function createEngine(environment: Environment, starter: string | undefined): Promise<Engine> {
  const command = async (program: string, args: readonly string[], variables: Environment = {}) => {
    const options = {
      env: { ...environment, ...variables },
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    };
    const { stdout } = await run(program, [...args], options);
    return stdout.trim();
  };
  const hasPlugin = await command('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  );
  return {
    docker: (args) => command('docker', args),
    compose: (args, variables) =>
      hasPlugin
        ? command('docker', ['compose', ...args], variables)
        : command('docker-compose', args, variables),
    async stop() {
      if (starter) await run(starter, ['stop']);
    },
  };
}

const works = (environment: Environment): Promise<boolean> =>
  run('docker', ['info', '--format', '{{.ServerVersion}}'], { env: { ...environment } }).then(
    ({ stdout }) => stdout.trim() !== '',
    () => false,
  );
