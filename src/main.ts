// Part of the process edge: argv, signals, exit code. Nothing else touches process control.
import { constants } from 'node:os';
import process, { argv, exit, stderr, stdout } from 'node:process';
import type { Edge } from './cli/edge.ts';
import { writeError, writeOut } from './cli/render.ts';

/** npm passes Ctrl-C on to a process that has it from the terminal already: that is one signal, not two. */
const SAME_SIGNAL_MS = 250;

/** The same as could not start: an orchestrator starts it again. */
const EXIT_BUG = 1;
/** Longer than SIDECAST_SHUTDOWN_TIMEOUT by default, shorter than docker's patience. */
const BUG_TIMEOUT_MS = 9000;
/** Ends the command as a signal does. */
let endsByBug: (why: string) => void = () => undefined;

const version = typeof SIDECAST_VERSION === 'string' ? SIDECAST_VERSION : '0.0.0-dev';

const [first = 'run', ...rest] = argv.slice(2);
const isCommand = !first.startsWith('-');
const command = isCommand ? first : 'run';

const edge: Edge = {
  flags: isCommand ? rest : argv.slice(2),
  program: argv[1] ?? '',
  version,
  isTerminal: stderr.isTTY === true && stdout.isTTY === true,
  stdout: writeOut,
  stderr: writeError,
  signal: firstSignal(),
};

/**
 * After a bug nothing in memory can be believed, so the process ends; but what the journal holds is forced to disk and said first,
 * as after a signal. A stack may quote what was being read: only the place is told.
 */
function onBug(error: unknown): void {
  const { name, stack = '' } = error instanceof Error ? error : new Error();
  const place = /^\s+at .*/m.exec(stack)?.[0].trim() ?? '';
  writeError(
    `sidecast: what is not delivered waits in the data directory, what was in memory only is lost: a bug ended the process (${name} ${place})`,
  );
  if (process.exitCode === EXIT_BUG) exit(EXIT_BUG);
  process.exitCode = EXIT_BUG;
  endsByBug('bug');
  setTimeout(() => exit(EXIT_BUG), BUG_TIMEOUT_MS).unref();
}

/** A second signal does not wait, and ends with the exit code that shells give to a process that a signal ended. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = (signal: 'SIGINT' | 'SIGTERM') => {
      firstAtMs ??= performance.now();
      resolve(signal);
      if (performance.now() - firstAtMs < SAME_SIGNAL_MS) return;
      writeError(
        'sidecast: what is not delivered waits in the data directory, what was in memory only is lost: a second signal came',
      );
      exit(128 + constants.signals[signal]);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
    endsByBug = resolve;
  });
}

/** Each command is imported when it is typed: starting fast is part of never being missed. */
async function dispatch(): Promise<number> {
  switch (command) {
    case 'run':
      if (edge.flags.includes('--help') || edge.flags.includes('-h')) break;
      if (edge.flags.includes('--version')) return print(version);
      return (await import('./cli/run.ts')).run(edge);
    case 'xray':
      return (await import('./cli/xray.ts')).xray(edge);
    case 'demo':
      return (await import('./cli/demo.ts')).demo(edge);
    case 'sandbox':
      return (await import('./cli/sandbox.ts')).sandbox(edge);
    case 'dead-letters':
      return (await import('./cli/dead-letters.ts')).deadLetters(edge);
    case 'replay':
      return (await import('./cli/replay.ts')).replay(edge);
    case 'redact-test':
      return (await import('./cli/redact-test.ts')).redactTest(edge);
    case 'provision':
      return (await import('./cli/provision.ts')).provision(edge);
    case 'health':
      return (await import('./cli/health.ts')).health(edge);
    case 'version':
      return print(version);
    case 'help':
      break;
    default:
      writeError(`sidecast: unknown command ${command}. See sidecast help.`);
      return 2;
  }
  return print((await import('./cli/help.ts')).helpText());
}

function print(text: string): number {
  writeOut(text);
  return 0;
}

process.on('uncaughtException', onBug);
process.on('unhandledRejection', onBug);

dispatch().then(
  (code) => exit(process.exitCode === EXIT_BUG ? EXIT_BUG : code),
  (error: unknown) => {
    writeError(`sidecast: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    exit(1);
  },
);
