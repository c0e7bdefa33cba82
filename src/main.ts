// Part of the process edge: argv, signals, exit code. Nothing else touches process control.
import { constants } from 'node:os';
import process, { argv, exit, stderr, stdout } from 'node:process';
import { startSmall } from './app/memory.ts';
import { type CommandName, isCommand } from './cli/commands.ts';
import type { Edge } from './cli/edge.ts';
import { writeError, writeOut } from './cli/render.ts';
import { wantsColours } from './config/load.ts';

/** npm passes Ctrl-C on to a process that has it from the terminal already: that is one signal, not two. */
const SAME_SIGNAL_MS = 250;

/** The same as could not start: an orchestrator starts it again. */
const EXIT_BUG = 1;
/** Longer than SIDECAST_SHUTDOWN_TIMEOUT by default, shorter than docker's patience. */
const BUG_TIMEOUT_MS = 9000;
/** Ends the command as a signal does. */
let endsByBug: (why: string) => void = () => undefined;

startSmall();

const version = typeof SIDECAST_VERSION === 'string' ? SIDECAST_VERSION : '0.0.0-dev';

const [first = 'run', ...rest] = argv.slice(2);
const isNamed = !first.startsWith('-');
const command = isNamed ? first : 'run';

const edge: Edge = {
  flags: isNamed ? rest : argv.slice(2),
  program: argv[1] ?? '',
  version,
  isTerminal: stderr.isTTY === true && stdout.isTTY === true,
  colours: stdout.isTTY === true && wantsColours(),
  stdout: writeOut,
  stderr: writeError,
  signal: firstSignal(),
  // At a terminal it means that the terminal is gone.
  ...(stderr.isTTY ? {} : { onHangup: (listener) => void process.on('SIGHUP', listener) }),
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

// `sidecast tail | head`: whoever has read enough hangs up.
stdout.on('error', (error: NodeJS.ErrnoException) => exit(error.code === 'EPIPE' ? 0 : 1));

type Run = (edge: Edge) => Promise<number>;

/** Each command is imported when it is typed: starting fast is part of never being missed. */
const RUNS: Readonly<Record<CommandName, () => Promise<Run>>> = {
  run: async () => (await import('./cli/run.ts')).run,
  xray: async () => (await import('./cli/xray.ts')).xray,
  demo: async () => (await import('./cli/demo.ts')).demo,
  sandbox: async () => (await import('./cli/sandbox.ts')).sandbox,
  doctor: async () => (await import('./cli/doctor.ts')).doctor,
  validate: async () => (await import('./cli/validate.ts')).validate,
  'print-config': async () => (await import('./cli/print-config.ts')).printConfig,
  tail: async () => (await import('./cli/tail.ts')).tail,
  'dead-letters': async () => (await import('./cli/dead-letters.ts')).deadLetters,
  replay: async () => (await import('./cli/replay.ts')).replay,
  'redact-test': async () => (await import('./cli/redact-test.ts')).redactTest,
  provision: async () => (await import('./cli/provision.ts')).provision,
  marker: async () => (await import('./cli/marker.ts')).marker,
  health: async () => (await import('./cli/health.ts')).health,
  schema: async () => (await import('./cli/schema.ts')).schema,
  completion: async () => (await import('./cli/completion.ts')).completion,
  help: async () => (await import('./cli/help.ts')).help,
  version: async () => async () => print(version),
};

async function dispatch(): Promise<number> {
  const { flags } = edge;
  if (!isCommand(command)) {
    writeError((await import('./cli/help.ts')).unknownCommand(command));
    return 2;
  }
  // The command xray has the daemon's help.
  if (command !== 'xray' && (flags.includes('--help') || flags.includes('-h'))) {
    const { commandHelp, helpText } = await import('./cli/help.ts');
    return print(argv.length === 3 ? helpText() : commandHelp(command));
  }
  if (command === 'run' && flags.includes('--version')) return print(version);
  return (await RUNS[command]())(edge);
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
