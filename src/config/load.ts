// Part of config: flags > environment > file > defaults, for whatever options it is given. The only reader of process.env.
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { Secret, type SecretOrigin } from '../model/secret.ts';
import { flagOf, type Option, type Options, type Values, yamlPathOf } from './option.ts';
import { nearestName, type Problem } from './problems.ts';

export interface Sources {
  /** As typed, without the command: `['--otlp-port', '0']` or `['--otlp-port=0']`. */
  flags?: readonly string[];
  /** From a command line that is not ours, by variable; goes before the environment. */
  preset?: Readonly<Record<string, Preset>>;
  env?: Readonly<Record<string, string | undefined>>;
  /** Contents and name of the YAML file. */
  file?: { name: string; text: string };
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
  problems: readonly Problem[];
}

interface Typed {
  value: string;
  source: string;
  origin: SecretOrigin;
}

/** Reads every option of every group; never throws on what a user typed. */
export function loadConfig<G extends Groups>(groups: G, sources: Sources): Loaded<G> {
  const problems: Problem[] = [];
  const effective: Effective[] = [];
  const all = Object.values(groups).flatMap((group) => Object.values(group));
  const flags = readFlags(sources.flags ?? [], all, problems);
  const file = readFile(sources.file, all, problems);
  const env = sources.env ?? {};
  reportMisspelt(env, all, problems);

  const values = mapValues(groups, (group) =>
    mapValues(group, (option) => {
      const typed =
        flags.get(option.env) ??
        fromPreset(sources.preset?.[option.env]) ??
        fromEnv(option, env, problems) ??
        file.get(option.env);
      const shown = typed && option.secret ? '********' : (typed?.value ?? option.fallback);
      effective.push({ option, source: typed?.source ?? 'default', value: shown });
      return parseValue(option, typed, problems);
    }),
  );
  return { values: values as GroupValues<G>, effective, problems };
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
  return name ? { ...base, file: { name, text: readFileSync(name, 'utf8') } } : base;
}

/** For libraries that read nothing but the environment: the AWS SDK and its files. */
export function setVariables(variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables);
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
    value: option.secret ? '********' : raw,
    message: result.error.issues[0]?.message ?? 'not understood',
    fix: option.example
      ? `For example ${option.env}=${option.example}.`
      : `Change ${option.env} or leave it unset.`,
  });
  return option.fallback === undefined ? undefined : option.schema.parse(option.fallback);
}

function fromPreset(preset: Preset | undefined): Typed | undefined {
  return (
    preset && {
      ...preset,
      origin: { remedy: (what) => `Give ${preset.source} ${what}, and start sidecast again.` },
    }
  );
}

/** An empty variable counts as not set: compose files pass `${KEY}` on whether or not it has a value. */
function fromEnv(
  option: Option<unknown>,
  env: Sources['env'] & object,
  problems: Problem[],
): Typed | undefined {
  for (const name of [option.env, ...(option.aliases ?? [])]) {
    const value = env[name];
    if (value !== undefined && value.trim() !== '')
      return {
        value,
        source: `variable ${name}`,
        origin: { remedy: (what) => `Set ${name} to ${what}, and start sidecast again.` },
      };
    const fileName = option.secret ? env[`${name}_FILE`] : undefined;
    if (!fileName) continue;
    try {
      return {
        value: readSecretFile(fileName),
        source: `file ${fileName}`,
        origin: fileOrigin(fileName, `${name}_FILE`),
      };
    } catch (error) {
      const message = `cannot be read (${(error as NodeJS.ErrnoException).code})`;
      problems.push({
        option: `${name}_FILE`,
        source: 'environment',
        value: fileName,
        message,
        fix: 'Mount the file or unset the variable.',
      });
    }
  }
  return undefined;
}

function readSecretFile(name: string): string {
  return readFileSync(name, 'utf8').trim();
}

/** Orchestrators renew a mounted secret by writing the file anew. */
function fileOrigin(name: string, variable: string): SecretOrigin {
  return {
    remedy: (what) => `Write ${what} to ${name} (${variable}): it is read again.`,
    reread() {
      try {
        return readSecretFile(name);
      } catch {
        return undefined;
      }
    },
  };
}

function readFlags(
  flags: readonly string[],
  all: readonly Option<unknown>[],
  problems: Problem[],
): Map<string, Typed> {
  const known = new Map(all.map((option) => [flagOf(option), option]));
  const found = new Map<string, Typed>();
  for (let i = 0; i < flags.length; i++) {
    const [name = '', ...inline] = (flags[i] ?? '').split('=');
    const option = known.get(name);
    if (!option) {
      const nearest = nearestName(name, known.keys());
      problems.push({
        option: name,
        source: 'flag',
        value: '',
        message: 'unknown flag',
        fix: 'See sidecast --help.',
        ...(nearest ? { nearest } : {}),
      });
      continue;
    }
    const value = inline.length > 0 ? inline.join('=') : flags[++i];
    if (value === undefined)
      problems.push({
        option: name,
        source: 'flag',
        value: '',
        message: 'needs a value',
        fix: `Type ${name} VALUE.`,
      });
    else
      found.set(option.env, {
        value,
        source: `flag ${name}`,
        origin: { remedy: (what) => `Give ${name} ${what}, and start sidecast again.` },
      });
  }
  return found;
}

function readFile(
  file: Sources['file'],
  all: readonly Option<unknown>[],
  problems: Problem[],
): Map<string, Typed> {
  const found = new Map<string, Typed>();
  if (!file) return found;
  const known = new Map(all.map((option) => [yamlPathOf(option), option]));
  const visit = (node: unknown, path: string): void => {
    const option = known.get(path);
    if (option)
      found.set(option.env, {
        value: Array.isArray(node) ? node.join(',') : String(node),
        source: `${file.name}: ${path}`,
        origin: { remedy: (what) => `Set ${path} in ${file.name} to ${what}, and start sidecast again.` },
      });
    else if (node !== null && typeof node === 'object' && !Array.isArray(node)) {
      for (const [key, child] of Object.entries(node)) visit(child, path === '' ? key : `${path}.${key}`);
    } else if (path !== '') {
      const nearest = nearestName(path, known.keys());
      problems.push({
        option: path,
        source: file.name,
        value: '',
        message: 'unknown key',
        fix: 'See sidecast --help.',
        ...(nearest ? { nearest } : {}),
      });
    }
  };
  try {
    visit(parseYaml(file.text), '');
  } catch (error) {
    problems.push({
      option: file.name,
      source: 'file',
      value: '',
      message: (error as Error).message.split('\n')[0] ?? 'not YAML',
      fix: 'Mend the file.',
    });
  }
  return found;
}

/** SIDECAST_… variables that nobody reads are typos. */
function reportMisspelt(
  env: Sources['env'] & object,
  all: readonly Option<unknown>[],
  problems: Problem[],
): void {
  const known = new Set(['SIDECAST_CONFIG', ...all.flatMap((option) => [option.env, `${option.env}_FILE`])]);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('SIDECAST_') || known.has(name)) continue;
    const nearest = nearestName(name, known);
    if (nearest)
      problems.push({
        option: name,
        source: 'environment',
        value: '',
        message: 'unknown variable',
        fix: 'Correct or unset it.',
        nearest,
      });
  }
}

function mapValues<T, R>(object: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
