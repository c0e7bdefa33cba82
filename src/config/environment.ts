// Part of config: the options among variables, the secrets in files that variables name, and names that look misspelt.
import { readFileSync } from 'node:fs';
import type { SecretOrigin } from '../model/secret.ts';
import type { Option } from './option.ts';
import { nearestName, type Problem } from './problems.ts';
import type { Typed } from './typed.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as not set: compose files pass `${KEY}` on whether or not it has a value. */
export function fromEnvironment(
  option: Option<unknown>,
  env: Environment,
  problems: Problem[],
): Typed | undefined {
  for (const name of [option.env, ...(option.aliases ?? [])]) {
    const value = env[name];
    if (isSet(value))
      return {
        value,
        source: `variable ${name}`,
        place: 'variable',
        origin: { remedy: (what) => `Set ${name} to ${what}, and start sidecast again.` },
      };
    const fileName = option.secret ? env[`${name}_FILE`] : undefined;
    const fromFile = fileName && fromSecretFile(`${name}_FILE`, fileName, problems);
    if (fromFile) return fromFile;
  }
  return undefined;
}

function fromSecretFile(variable: string, file: string, problems: Problem[]): Typed | undefined {
  const problem = { option: variable, source: `variable ${variable}`, value: file };
  const fix = 'Mount the file or unset the variable.';
  try {
    const value = readSecretFile(file);
    const source = `file ${file}`;
    if (value !== '') return { value, source, place: 'variable', origin: fileOrigin(file, variable) };
    problems.push({ ...problem, message: 'the file is empty', fix });
  } catch (error) {
    const message = `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    problems.push({ ...problem, message, fix });
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

const OUR_PREFIX = 'SIDECAST_';

export interface Misspelt {
  /** Names with our prefix: nobody else can be meant. */
  problems: readonly Problem[];
  /** Names with a vendor's prefix, which somebody else may read. */
  doubts: readonly Problem[];
}

/** Variables that nobody reads and that are close to one that is read and not set. */
export function findMisspelt(env: Environment, all: readonly Option<unknown>[]): Misspelt {
  const known = [
    'SIDECAST_CONFIG',
    ...all.flatMap(({ env: name, aliases = [], secret }) =>
      [name, ...aliases].flatMap((one) => (secret ? [one, `${one}_FILE`] : [one])),
    ),
  ];
  const prefixes = new Set(known.map(prefixOf));
  const problems: Problem[] = [];
  const doubts: Problem[] = [];
  for (const [name, value] of Object.entries(env)) {
    const isCandidate = isSet(value) && !known.includes(name) && prefixes.has(prefixOf(name.toUpperCase()));
    // The SDKs have a variable for each service, and their names are alike.
    if (!isCandidate || isOfKubernetes(name) || name.startsWith('AWS_ENDPOINT_URL')) continue;
    const nearest = nearestName(name.toUpperCase(), known) ?? withAllWordsOf(name.toUpperCase(), known);
    const isOurs = name.startsWith(OUR_PREFIX);
    if (nearest === undefined || (!isOurs && isSet(env[nearest]))) continue;
    const fix = isOurs ? 'Correct or unset it.' : `If it is meant for sidecast, name it ${nearest}.`;
    const found = {
      option: name,
      source: 'environment',
      value: '',
      message: 'unknown variable',
      fix,
      nearest,
    };
    (isOurs ? problems : doubts).push(found);
  }
  return { problems, doubts };
}

/**
 * Kubernetes describes a service in variables that begin with its name, and people call that service sidecast:
 * SIDECAST_SERVICE_HOST, SIDECAST_PORT, SIDECAST_PORT_4318_TCP_ADDR (Kubernetes documentation, "Service").
 */
function isOfKubernetes(name: string): boolean {
  return (
    /_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    name === `${OUR_PREFIX}PORT`
  );
}

/** `SIDECAST_OTLP_PORT=tcp://10.0.0.7:4318` is a service called sidecast-otlp, no port that somebody set. */
function isServiceLink(value: string): boolean {
  return /^(tcp|udp|sctp):\/\/\S+:\d+$/.test(value);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '' && !isServiceLink(value);
}

const prefixOf = (name: string) => name.slice(0, name.indexOf('_') + 1);

/** HONEYCOMB_KEY for HONEYCOMB_API_KEY: a name of which words were left out, if that can be one only. */
function withAllWordsOf(name: string, known: readonly string[]): string | undefined {
  const words = name.split('_');
  if (words.length < 2) return undefined;
  const found = known.filter(
    (one) => !one.endsWith('_FILE') && words.every((word) => one.split('_').includes(word)),
  );
  return found.length === 1 ? found[0] : undefined;
}
