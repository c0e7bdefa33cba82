// Part of cli: `sidecast help`, from the same declarations as the parser.
import { sections } from '../app/sections.ts';
import { renderOptionsHelp } from '../config/document.ts';

export const COMMANDS = {
  run: 'receive, keep and deliver (the default)',
  demo: 'a minute without any account: sandbox, traffic and a live table',
  sandbox: 'stand-ins for the four vendors on one port (4320)',
  health: 'exit 0 when every port is bound; for HEALTHCHECK',
  help: 'this text',
  version: 'the version',
} as const;

export function helpText(): string {
  const commands = Object.entries(COMMANDS).map(([name, summary]) => `  ${name.padEnd(10)}${summary}`);
  return [
    'sidecast [command] [--flags]',
    '',
    ...commands,
    '',
    'Every variable is also a flag (SIDECAST_OTLP_PORT is --otlp-port) and a YAML path (--config FILE).',
    'Secrets are also read from the file that <NAME>_FILE names.',
    '',
    renderOptionsHelp(sections),
  ].join('\n');
}
