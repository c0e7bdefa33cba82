// Part of cli: `sidecast completion bash|zsh|fish`, from the table of commands and the declarations of options.
import { optionGroups } from '../app/options.ts';
import { flagOf, shapeOf } from '../config/option.ts';
import { COMMANDS, type Command } from './commands.ts';
import type { Edge } from './edge.ts';

export async function completion(edge: Edge): Promise<number> {
  const [shell = ''] = edge.flags;
  const render = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (!render) {
    edge.stderr('sidecast: Type sidecast completion bash, zsh or fish.');
    return 2;
  }
  edge.stdout(render(wordsOf()));
  return 0;
}

interface Flag {
  name: string;
  summary: string;
  /** Undefined for a switch; empty where anything may come. */
  values: readonly string[] | undefined;
}

interface Words {
  name: string;
  summary: string;
  choices: readonly string[];
  flags: readonly Flag[];
}

function wordsOf(): readonly Words[] {
  const configFlags: Flag[] = [
    { name: '--config', summary: 'YAML file', values: [] },
    ...Object.values(optionGroups).flatMap((group) =>
      Object.values(group).map((option) => ({
        name: flagOf(option),
        summary: option.summary,
        values: shapeOf(option).choices ?? [],
      })),
    ),
  ];
  return Object.entries<Command>(COMMANDS).map(([name, { summary, choices = [], options, takesConfig }]) => {
    const own = Object.entries(options).map(
      ([option, { summary: meaning, value, choices: values = [] }]): Flag => ({
        name: `--${option}`,
        summary: meaning,
        values: value === undefined ? undefined : values,
      }),
    );
    const help: Flag = { name: '--help', summary: 'what the command takes', values: undefined };
    return { name, summary, choices, flags: [...own, ...(takesConfig ? configFlags : []), help] };
  });
}

const names = (words: readonly { name: string }[]) => words.map(({ name }) => name).join(' ');

function bash(commands: readonly Words[]): string {
  const values = new Map(
    commands.flatMap(({ flags }) => flags.map((flag) => [flag.name, flag.values] as const)),
  );
  const valueCases = [...values].flatMap(([flag, known]) =>
    known && known.length > 0
      ? [`    ${flag}) COMPREPLY=($(compgen -W '${known.join(' ')}' -- "$word")); return ;;`]
      : [],
  );
  const wordCases = commands.map(
    ({ name, choices, flags }) => `    ${name}) words='${[...choices, names(flags)].join(' ')}' ;;`,
  );
  return `_sidecast() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words
  case $before in
${valueCases.join('\n')}
    --config|--file) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${names(commands)}' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${wordCases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _sidecast sidecast`;
}

function zsh(commands: readonly Words[]): string {
  // In a specification a colon and brackets mean something; what is escaped for it is then quoted for the shell.
  const text = (summary: string) => summary.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
  const flagOfZsh = ({ name, summary, values }: Flag) =>
    values === undefined
      ? `'${name}[${text(summary)}]'`
      : `'${name}=[${text(summary)}]:value:${values.length > 0 ? `(${values.join(' ')})` : '_files'}'`;
  const cases = commands.map(({ name, choices, flags }) => {
    const specs = [
      ...(choices.length > 0 ? [`'1:word:(${choices.join(' ')})'`] : []),
      ...flags.map(flagOfZsh),
    ];
    return `    ${name}) _arguments -S ${specs.join(' ')} '*:file:_files' ;;`;
  });
  return `#compdef sidecast
_sidecast() {
  if ((CURRENT == 2)); then
    local -a commands=(${commands.map(({ name, summary }) => `'${name}:${text(summary)}'`).join(' ')})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
compdef _sidecast sidecast`;
}

function fish(commands: readonly Words[]): string {
  const text = (summary: string) => `'${summary.replace(/[\\']/g, '\\$&')}'`;
  const lines = commands.flatMap(({ name, summary, choices, flags }) => [
    `complete -c sidecast -n __fish_use_subcommand -f -a ${name} -d ${text(summary)}`,
    ...(choices.length > 0
      ? [`complete -c sidecast -n '__fish_seen_subcommand_from ${name}' -f -a '${choices.join(' ')}'`]
      : []),
    ...flags.map((flag) => {
      const value =
        flag.values === undefined ? '' : flag.values.length > 0 ? ` -x -a '${flag.values.join(' ')}'` : ' -r';
      return `complete -c sidecast -n '__fish_seen_subcommand_from ${name}' -l ${flag.name.slice(2)}${value} -d ${text(flag.summary)}`;
    }),
  ]);
  return lines.join('\n');
}

const SHELLS: Readonly<Record<string, (commands: readonly Words[]) => string>> = { bash, zsh, fish };
