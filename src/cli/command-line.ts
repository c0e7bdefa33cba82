// Part of cli: the options of one command, from one declaration: parser, help, and the nearest name for a typo.
import { type AppConfig, optionGroups } from '../app/options.ts';
import { type Loaded, loadConfig, processSources, type Sources } from '../config/load.ts';
import { flagOf } from '../config/option.ts';
import { nearestName, type Problem, renderProblem } from '../config/problems.ts';
import { COMMANDS, type CommandName, type CommandOptions, type OptionsOf } from './commands.ts';
import type { Edge } from './edge.ts';

export interface CommandLine<O extends CommandOptions> {
  /** As typed; 'true' for a switch. */
  values: Readonly<Partial<Record<keyof O, string>>>;
  /** Flags of the process itself, such as --admin-port, by name. */
  configFlags: ReadonlyMap<string, string>;
  config: AppConfig;
  /** All that is to be said of the configuration. */
  loaded: Loaded<typeof optionGroups>;
  env: NonNullable<Sources['env']>;
}

const EXIT_BAD_USAGE = 2;

const CONFIG_FLAGS: ReadonlySet<string> = new Set([
  '--config',
  ...Object.values(optionGroups).flatMap((group) => Object.values(group).map(flagOf)),
]);

/** What was typed, or the exit code when it is not understood. `check` looks at the values. */
export function readCommandLine<N extends CommandName>(
  edge: Edge,
  command: N,
  check: (values: CommandLine<OptionsOf<N>>['values']) => readonly Problem[] = () => [],
): CommandLine<OptionsOf<N>> | number {
  const { own, configFlags, problems } = parse(edge.flags, COMMANDS[command].options);
  const values = Object.fromEntries(own) as CommandLine<OptionsOf<N>>['values'];
  const sources = processSources([...configFlags].map(([name, value]) => `${name}=${value}`));
  const loaded = loadConfig(optionGroups, sources);
  // A command is not the place to complain about the environment of another process.
  const wrongFlags = loaded.problems.filter(({ source }) => source.startsWith('flag'));
  const all = [...problems, ...check(values), ...wrongFlags];
  if (all.length === 0) return { values, configFlags, config: loaded.values, loaded, env: sources.env ?? {} };
  for (const problem of all) edge.stderr(`sidecast: ${renderProblem(problem)}`);
  return EXIT_BAD_USAGE;
}

interface Parsed {
  own: ReadonlyMap<string, string>;
  configFlags: ReadonlyMap<string, string>;
  problems: readonly Problem[];
}

function parse(flags: readonly string[], options: CommandOptions): Parsed {
  const own = new Map<string, string>();
  const configFlags = new Map<string, string>();
  const problems: Problem[] = [];
  const complain = (option: string, message: string, fix: string, nearest?: string) =>
    problems.push({ option, source: 'flag', value: '', message, fix, ...(nearest ? { nearest } : {}) });
  const ownNames = Object.keys(options).map((name) => `--${name}`);
  const rest = [...flags];
  while (rest.length > 0) {
    const [flag = '', ...inline] = (rest.shift() ?? '').split('=');
    const name = flag.slice(2);
    const isOwn = ownNames.includes(flag);
    if (!isOwn && !CONFIG_FLAGS.has(flag)) {
      const nearest = nearestName(flag, [...ownNames, ...CONFIG_FLAGS]);
      complain(flag, 'unknown option', `Use ${ownNames.join(', ')}.`, nearest);
      // What follows a misspelt option is its value, not another mistake.
      if (inline.length === 0 && flag.startsWith('-') && !rest[0]?.startsWith('-')) rest.shift();
    } else if (isOwn && options[name]?.value === undefined) {
      if (inline.length > 0) complain(flag, 'takes no value', `Type ${flag}.`);
      own.set(name, 'true');
    } else {
      const value = inline.length > 0 ? inline.join('=') : rest.shift();
      if (value === undefined) complain(flag, 'needs a value', `Type ${flag} VALUE.`);
      else if (isOwn) own.set(name, value);
      else configFlags.set(flag, value);
    }
  }
  return { own, configFlags, problems };
}
