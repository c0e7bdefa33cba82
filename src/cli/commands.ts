// Part of cli: what a person may type, declared once: the parser, every --help, the completions and the README's table read this.
import { DESTINATION_IDS } from '../model/signals.ts';

export interface CommandOption {
  /** What stands for its value in the help; absent for a switch. */
  value?: string;
  summary: string;
  /** What the value may be, where that is a short list. */
  choices?: readonly string[];
}

export type CommandOptions = Readonly<Record<string, CommandOption>>;

export interface Command {
  summary: string;
  /** What stands between the command and its flags. */
  words?: string;
  /** What the first word may be. */
  choices?: readonly string[];
  /** Paragraphs of its help. */
  details?: string;
  options: CommandOptions;
  /** The flags of the process work with it too. */
  takesConfig: boolean;
  examples: readonly (readonly [typed: string, meaning: string])[];
  /** Beside 2, bad usage. */
  exits?: Readonly<Record<number, string>>;
}

/** Which dead letters; the same for every command. */
const FILTER_OPTIONS = {
  destination: {
    value: 'ID',
    summary: `those that died there: ${DESTINATION_IDS.join(', ')}`,
    choices: DESTINATION_IDS,
  },
  reason: { value: 'CODE', summary: 'those with this reason code, such as vendor_rejected' },
  since: { value: 'TIME', summary: 'those that died since then: 24h, 7d or 2026-11-02T10:00:00Z' },
  id: { value: 'ID', summary: 'the one with this id, such as 8812:3' },
} as const satisfies CommandOptions;

const JSON_OPTION = { summary: 'one JSON object instead of text' } as const;

export const COMMANDS = {
  run: {
    summary: 'receive, keep and deliver (the default)',
    options: {},
    takesConfig: true,
    examples: [
      ['sidecast', 'with what the environment says'],
      [
        'sidecast run --config sidecast.yaml --otlp-port 14318',
        'flags go before variables, those before the file',
      ],
    ],
    exits: { 0: 'it was told to stop, and did', 1: 'it could not start' },
  },
  xray: {
    summary: "the X-Ray daemon's command line, log and exit codes; also a bin of its own",
    options: {},
    takesConfig: false,
    examples: [['sidecast xray -o -n us-east-1', 'as the X-Ray daemon is started']],
    exits: { 0: 'it was told to stop, and did', 1: 'it could not start' },
  },
  demo: {
    summary: 'a minute without any account: sandbox, traffic and a live table',
    options: { for: { value: 'TIME', summary: 'ends by itself after this time, such as 20s' } },
    takesConfig: false,
    examples: [['sidecast demo --for 20s', 'ends by itself']],
    exits: { 0: 'every book closes', 1: 'one does not' },
  },
  sandbox: {
    summary: 'stand-ins for the four vendors on one port (4320)',
    options: {
      port: { value: 'PORT', summary: 'where it listens [4320]; 0 picks a free one' },
      host: { value: 'HOST', summary: 'address to bind [127.0.0.1]' },
    },
    takesConfig: false,
    examples: [['sidecast sandbox --port 4320', 'prints the variables that make sidecast deliver there']],
  },
  doctor: {
    summary: 'looks at receivers and keys, sends a test trace through the pipeline, and says what to do',
    details: `Asks the sidecast that runs, on its admin port. When none does, it starts a pipeline of its own, on free ports and with a
data directory that it removes.`,
    options: {
      offline: { summary: 'look at the configuration and at what runs; send nothing to anybody' },
      'no-send': { summary: 'check keys, but send no test trace' },
      standalone: { summary: 'a pipeline of its own, also when one runs' },
      wait: { value: 'TIME', summary: 'how long the test trace may take [20s]' },
      json: JSON_OPTION,
    },
    takesConfig: true,
    examples: [
      ['sidecast doctor', 'everything'],
      ['docker compose exec sidecast sidecast doctor', 'the one in the container'],
      ['sidecast doctor --no-send --json', 'for a script'],
    ],
    exits: { 0: 'nothing failed', 1: 'something did' },
  },
  validate: {
    summary: 'says all that is wrong with the configuration; needs neither network nor keys',
    options: { json: JSON_OPTION },
    takesConfig: true,
    examples: [
      ['sidecast validate', 'the environment'],
      ['sidecast validate --config sidecast.yaml', 'a file, for instance in CI'],
    ],
    exits: { 0: 'nothing is wrong', 1: 'something is' },
  },
  'print-config': {
    summary: 'every effective value and where it comes from; secrets are masked',
    options: { set: { summary: 'only what somebody set' }, json: JSON_OPTION },
    takesConfig: true,
    examples: [['sidecast print-config --set', 'what differs from the defaults']],
    exits: { 0: 'printed', 1: 'something is wrong; the rest is printed' },
  },
  tail: {
    summary: 'spans, segments and logs as they come, from the sidecast that runs',
    options: {
      service: { value: 'NAME', summary: 'of this service' },
      errors: { summary: 'with an error' },
      slow: { value: 'TIME', summary: 'spans that took at least this long, such as 500ms' },
      attr: { value: 'KEY=VALUE', summary: 'with this attribute, such as user.id=worf' },
      attributes: { summary: 'with all their attributes (human and markdown; the others have them anyway)' },
      output: {
        value: 'FORM',
        summary: 'human [as it is], logfmt, json or markdown; a line each',
        choices: ['human', 'logfmt', 'json', 'markdown'],
      },
    },
    takesConfig: true,
    examples: [
      ['sidecast tail --attributes', 'in place of a ConsoleSpanExporter'],
      ['sidecast tail --errors --service backend-flask', 'what goes wrong there'],
      ['sidecast tail --slow 500ms --output json | jq .name', 'for a program'],
    ],
    exits: { 0: 'Ctrl-C, or nobody reads any more', 1: 'nobody answers, or what was followed has ended' },
  },
  'dead-letters': {
    summary: 'what destinations refused for good, by destination and reason',
    options: {
      ...FILTER_OPTIONS,
      show: { value: 'N', summary: 'the newest N in full, 100 at most' },
      json: { summary: 'one JSON object instead of a table' },
    },
    takesConfig: true,
    examples: [['sidecast dead-letters --since 24h --show 1', 'a table, and the newest one in full']],
    exits: { 0: 'read', 1: 'they could not be read' },
  },
  replay: {
    summary: 'sends dead letters again, through the sidecast that runs',
    options: {
      ...FILTER_OPTIONS,
      file: { value: 'FILE', summary: 'the letters of this file instead of those in the data directory' },
      suspect: { summary: 'also those that the vendor did not name' },
      again: { summary: 'also those that were replayed before' },
      'dry-run': { summary: 'say what would be sent, and send nothing' },
      wait: {
        value: 'TIME',
        summary: 'how long to wait for outcomes [30s]; what is queued then stays in the journal',
      },
      json: { summary: 'lines of JSON' },
    },
    takesConfig: true,
    examples: [
      ['sidecast replay --destination honeycomb --dry-run', 'say what would be sent'],
      ['sidecast replay --destination honeycomb', 'send it'],
    ],
    exits: { 0: 'all that was to be sent is delivered, or in the journal', 1: 'it is not' },
  },
  'redact-test': {
    summary: 'what would leave of a FILE with OTLP, X-Ray documents or text, and what is masked in it',
    words: 'FILE',
    options: {},
    takesConfig: true,
    examples: [
      ['sidecast redact-test request.json', 'as the configuration masks it'],
      ['sidecast redact-test request.json --redact-deny iban,birthday', 'with more names'],
    ],
    exits: { 0: 'printed', 1: 'the file cannot be read' },
  },
  provision: {
    summary: 'plan or apply FOLDER: X-Ray groups, sampling rules and log groups as its files say',
    words: 'plan|apply FOLDER',
    choices: ['plan', 'apply'],
    details: `FOLDER holds .json files with inputs of the AWS CLI, or lists of such: create-sampling-rule, create-group, and
create-log-group with retentionInDays beside it. What a file leaves open stays as it is; so does X-Ray's own Default.`,
    options: {
      prune: { summary: 'delete groups and rules that are in no file; log groups never' },
      json: JSON_OPTION,
    },
    takesConfig: true,
    examples: [
      ['sidecast provision plan docker/examples/provision', 'what apply would do'],
      ['sidecast provision apply docker/examples/provision', 'make and change what the files ask for'],
    ],
    exits: { 0: 'nothing is left to do', 1: 'it could not be done', 3: '(plan) something is to be done' },
  },
  marker: {
    summary: "MESSAGE, a line in Honeycomb's graphs, such as at a deploy",
    words: 'MESSAGE',
    details:
      'The key needs the permission Manage Markers, which no ingest key has: --honeycomb-api-key gives another one.',
    options: {
      type: { value: 'TYPE', summary: 'markers of one type have one colour (deploy)' },
      url: { value: 'URL', summary: 'where the marker leads, such as to the build' },
      dataset: { value: 'NAME', summary: 'one dataset instead of the whole environment' },
    },
    takesConfig: true,
    examples: [['sidecast marker "release 42" --type deploy', 'a line where release 42 began']],
    exits: { 0: 'the marker is set', 1: 'it is not' },
  },
  health: {
    summary: 'exit 0 when every port is bound; for HEALTHCHECK',
    options: {},
    takesConfig: true,
    examples: [['sidecast health', 'in a container without curl']],
    exits: { 0: 'ready', 1: 'not ready, or nobody answers' },
  },
  schema: {
    summary: 'the JSON Schema of the YAML file, for editors',
    options: {},
    takesConfig: false,
    examples: [['sidecast schema', 'name its file in the first line: # yaml-language-server: $schema=…']],
  },
  completion: {
    summary: 'completions for bash, zsh or fish',
    words: 'bash|zsh|fish',
    choices: ['bash', 'zsh', 'fish'],
    options: {},
    takesConfig: false,
    examples: [
      ['source <(sidecast completion bash)', 'in ~/.bashrc'],
      ['source <(sidecast completion zsh)', 'in ~/.zshrc, after compinit'],
      ['sidecast completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
  },
  help: {
    summary: 'this text, or that of a command',
    words: '[COMMAND]',
    options: {},
    takesConfig: false,
    examples: [['sidecast help replay', 'the same as sidecast replay --help']],
  },
  version: { summary: 'the version', options: {}, takesConfig: false, examples: [] },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;
export type OptionsOf<N extends CommandName> = (typeof COMMANDS)[N]['options'];

/** What a command line may hold of the filter of dead letters. */
export type FilterOptions = typeof FILTER_OPTIONS;
export const FILTER_NAMES = Object.keys(FILTER_OPTIONS) as readonly (keyof FilterOptions)[];

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
