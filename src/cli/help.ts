// Part of cli: the help of all and of one command, from the same declarations as the parser.
import { sections } from '../app/sections.ts';
import { renderOptionsHelp } from '../config/document.ts';
import { nearestName } from '../config/problems.ts';
import { COMMANDS, type Command, type CommandName, isCommand } from './commands.ts';
import type { Edge } from './edge.ts';

/** `sidecast help [COMMAND]` */
export async function help(edge: Edge): Promise<number> {
  const [name] = edge.flags;
  if (name !== undefined && !name.startsWith('-') && !isCommand(name)) {
    edge.stderr(unknownCommand(name));
    return 2;
  }
  edge.stdout(name !== undefined && isCommand(name) ? commandHelp(name) : helpText());
  return 0;
}

export function unknownCommand(name: string): string {
  const nearest = nearestName(name, Object.keys(COMMANDS));
  const meant = nearest ? ` Did you mean ${nearest}?` : '';
  return `sidecast: unknown command ${name}.${meant} See sidecast help.`;
}

export function helpText(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`);
  return [
    'sidecast [command] [--flags]',
    '',
    ...commands,
    '',
    'sidecast COMMAND --help says what a command takes, with examples and exit codes.',
    'Exit codes: 0 clean, 1 it could not start or something failed, 2 bad usage.',
    'Every variable is also a flag (SIDECAST_OTLP_PORT is --otlp-port) and a YAML path (--config FILE).',
    'Secrets are also read from the file that <NAME>_FILE names. NO_COLOR turns colours off.',
    '',
    renderOptionsHelp(sections),
  ].join('\n');
}

export function commandHelp(name: CommandName): string {
  const { summary, words, details, options, takesConfig, examples, exits }: Command = COMMANDS[name];
  const lines = Object.entries(options).map(
    ([option, { value, summary: meaning }]) => [`--${option}${value ? ` ${value}` : ''}`, meaning] as const,
  );
  const parts = [
    `sidecast ${name}${words ? ` ${words}` : ''}${lines.length > 0 || takesConfig ? ' [--flags]' : ''}: ${summary}`,
    details,
    columns(lines),
    takesConfig && name !== 'run'
      ? 'The flags of the process work too, such as --admin-port and --config: sidecast help.'
      : undefined,
    name === 'run' ? renderOptionsHelp(sections) : undefined,
    examples.length > 0 ? `Examples\n${columns(examples)}` : undefined,
    `Exit codes\n${columns(exitCodes(exits))}`,
  ];
  return parts.filter((part) => part).join('\n\n');
}

function exitCodes(exits: Command['exits'] = { 0: 'done' }): (readonly [string, string])[] {
  return Object.entries({ ...exits, 2: 'bad usage' });
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n');
}
