// Part of cli: `sidecast help`, from the same declarations as the parser.
import { sections } from '../app/sections.ts';
import { renderOptionsHelp } from '../config/document.ts';

export const COMMANDS = {
  run: 'receive, keep and deliver (the default)',
  xray: "the X-Ray daemon's command line, log and exit codes; also a bin of its own",
  demo: 'a minute without any account: sandbox, traffic and a live table',
  sandbox: 'stand-ins for the four vendors on one port (4320)',
  'dead-letters': 'what destinations refused for good, by destination and reason',
  replay: 'sends dead letters again, through the sidecast that runs',
  'redact-test': 'what would leave of a FILE with OTLP, X-Ray documents or text, and what is masked in it',
  provision: 'plan or apply FOLDER: X-Ray groups, sampling rules and log groups as its files say',
  health: 'exit 0 when every port is bound; for HEALTHCHECK',
  help: 'this text',
  version: 'the version',
} as const;

export function helpText(): string {
  const commands = Object.entries(COMMANDS).map(([name, summary]) => `  ${name.padEnd(14)}${summary}`);
  return [
    'sidecast [command] [--flags]',
    '',
    ...commands,
    '',
    'sidecast dead-letters, replay, redact-test and provision say what they take with --help.',
    'Every variable is also a flag (SIDECAST_OTLP_PORT is --otlp-port) and a YAML path (--config FILE).',
    'Secrets are also read from the file that <NAME>_FILE names.',
    '',
    renderOptionsHelp(sections),
  ].join('\n');
}
