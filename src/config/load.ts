// Part of config: flags > environment > file > defaults, for whatever options it is given. The only reader of process.env.
import { readFileSync } from 'node:fs';
import { masked, Secret, withoutUserinfo } from '../model/secret.ts';
import { type Environment, findMisspelt, fromEnvironment } from './environment.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { readFlags } from './flags.ts';
import type { Option, Options, Values } from './option.ts';
import type { Problem } from './problems.ts';
import { exampleFor, type Typed } from './typed.ts';

export interface Sources {
  /** As typed, without the command: `['--otlp-port', '0']` or `['--otlp-port=0']`. */
  flags?: readonly string[];
  /** From a command line that is not ours, by variable; goes before the environment. */
  preset?: Readonly<Record<string, Preset>>;
  env?: Environment;
  /** Contents and name of the YAML file. */
  file?: ConfigFile;
  /** What was wrong with finding them. */
  problems?: readonly Problem[];
}

export interface Preset {
  value: string;
  /** What the user typed there: `flag -n`. */
  source: string;
}

export type Groups = Readonly<Record<string, Options>>;
export type GroupValues<G extends Groups> = { readonly [K in keyof G]: Values<G[K]> };

/** Where an effective value came from; `value` is as typed, masked for secrets. */
export interface Effective {
  option: Option<unknown>;
  source: string;
  value: string | undefined;
}

export interface Loaded<G extends Groups> {
  values: GroupValues<G>;
  effective: readonly Effective[];
  /** All that is wrong. */
  problems: readonly Problem[];
  /** What is probably not meant so; nothing depends on it. */
  doubts: readonly Problem[];
}

/** Reads every option of every group; never throws on what a user typed. */
export function loadConfig<G extends Groups>(groups: G, sources: Sources): Loaded<G> {
  const problems: Problem[] = [...(sources.problems ?? [])];
  const effective: Effective[] = [];
  const all = Object.values(groups).flatMap((group) => Object.values(group));
  const flags = readFlags(sources.flags ?? [], all, problems);
  const file = sources.file ? readConfigFile(sources.file, all, problems) : new Map<string, Typed>();
  const env = sources.env ?? {};
  const misspelt = findMisspelt(env, all);
  problems.push(...misspelt.problems);

  const values = mapValues(groups, (group) =>
    mapValues(group, (option) => {
      const typed =
        flags.get(option.env) ??
        fromPreset(sources.preset?.[option.env]) ??
        fromEnvironment(option, env, problems) ??
        file.get(option.env);
      const value = typed ? shown(option, typed.value) : option.fallback;
      effective.push({ option, source: typed?.source ?? 'default', value });
      return parseValue(option, typed, problems);
    }),
  );
  return { values: values as GroupValues<G>, effective, problems, doubts: misspelt.doubts };
}

/** The process's own environment and, if `--config` or SIDECAST_CONFIG names one, its YAML file. */
export function processSources(flags: readonly string[]): Sources {
  const rest = [...flags];
  const at = rest.findIndex((flag) => flag === '--config' || flag.startsWith('--config='));
  let name = process.env['SIDECAST_CONFIG'];
  if (at >= 0) {
    const inline = rest[at]?.split('=').slice(1).join('=');
    name = inline || rest[at + 1];
    rest.splice(at, inline ? 1 : 2);
  }
  const base = { flags: rest, env: process.env };
  if (!name) return base;
  try {
    return { ...base, file: { name, text: readFileSync(name, 'utf8') } };
  } catch (error) {
    const source = at >= 0 ? 'flag --config' : 'variable SIDECAST_CONFIG';
    const message = `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    const fix = 'Name a YAML file that this user may read.';
    return { ...base, problems: [{ option: '--config', source, value: name, message, fix }] };
  }
}

/** For libraries that read nothing but the environment: the AWS SDK and its files. */
export function setVariables(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables);
}

/** https://no-color.org: present and not empty. */
export function wantsColours(): boolean {
  return !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

/** For a child process that gets nothing else of the user's environment. */
export function searchPath(): string {
  return process.env['PATH'] ?? '';
}

function parseValue(option: Option<unknown>, typed: Typed | undefined, problems: Problem[]): unknown {
  const raw = typed?.value ?? option.fallback;
  if (raw === undefined) return undefined;
  const result = option.schema.safeParse(raw);
  if (result.success)
    return typed && result.data instanceof Secret ? result.data.from(typed.origin) : result.data;
  problems.push({
    option: option.env,
    source: typed?.source ?? 'default',
    value: shown(option, raw),
    message: result.error.issues[0]?.message ?? 'not understood',
    fix: exampleFor(option, typed?.place ?? 'variable'),
  });
  return option.fallback === undefined ? undefined : option.schema.parse(option.fallback);
}

function shown({ secret }: Option<unknown>, value: string): string {
  return secret ? masked(value) : withoutUserinfo(value);
}

function fromPreset(preset: Preset | undefined): Typed | undefined {
  return (
    preset && {
      ...preset,
      place: 'variable',
      origin: { remedy: (what) => `Give ${preset.source} ${what}, and start sidecast again.` },
    }
  );
}

function mapValues<T, R>(object: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
