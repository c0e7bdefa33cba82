// Part of config: how a component declares what users may set. Parser, --help, .env.example, README and print-config read this.
import * as z from 'zod';
import { Secret } from '../model/secret.ts';

/** One option. The key it is declared under is the name in code; users type `env`, `--flag` or the YAML path. */
export interface Option<T> {
  /** The variable, e.g. `SIDECAST_OTLP_PORT`. The flag and the YAML path follow from it. */
  env: string;
  /** Further variables that mean the same, read after `env`. */
  aliases?: readonly string[];
  /** YAML path, where it does not follow from `env`. */
  yaml?: string;
  /** Parses the text that the user typed. */
  schema: z.ZodType<T, string>;
  /** As a user would type it; absent = not set. */
  fallback?: string;
  /** One sentence, with units. */
  summary: string;
  /** Also read from `<env>_FILE`, masked wherever it is printed. */
  secret?: boolean;
  /** What to type, for the fix of a wrong value. */
  example?: string;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { schema: z.ZodType<infer T, string> }
    ? O[K] extends { fallback: string }
      ? T
      : T | undefined
    : never;
};

/** What may stand in the YAML file, for its schema, and in a completion. */
export interface Shape {
  kind: 'text' | 'number' | 'size' | 'duration' | 'choice' | 'list' | 'url';
  choices?: readonly string[];
  min?: number;
  max?: number;
}

/** Text, where the schema was made by a check upon another. */
export function shapeOf(option: Option<unknown>): Shape {
  return (option.schema.meta()?.['shape'] as Shape | undefined) ?? { kind: 'text' };
}

const shaped = <S extends z.ZodType>(schema: S, shape: Shape): S => schema.meta({ shape }) as S;

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Integer bytes, or with KiB, MiB, GiB. */
export const bytes = () =>
  shaped(
    z.string().transform((text, context) => {
      const match = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|)$/.exec(text.trim());
      const value = match ? Number(match[1]) * (SIZE_UNITS[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
      if (Number.isInteger(value)) return value;
      context.addIssue('expected a size such as 1048576, 512KiB, 20MiB or 1GiB');
      return z.NEVER;
    }),
    { kind: 'size' },
  );

/** Milliseconds, typed with a unit: 250ms 8s 5m 24h 7d. */
export const durationMs = () =>
  shaped(
    z.string().transform((text, context) => {
      const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
      if (match) return Math.round(Number(match[1]) * (DURATION_UNITS[match[2] ?? ''] ?? 0));
      context.addIssue('expected a duration with its unit, such as 250ms, 8s, 5m, 24h or 7d');
      return z.NEVER;
    }),
    { kind: 'duration' },
  );

export const integer = (min: number, max: number) =>
  shaped(
    z.string().transform((text, context) => {
      const value = /^\d+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
      if (value >= min && value <= max) return value;
      context.addIssue(`expected a whole number from ${min} to ${max}`);
      return z.NEVER;
    }),
    { kind: 'number', min, max },
  );

export const port = () => integer(0, 65_535);

export const choice = <const T extends readonly string[]>(...values: T) =>
  shaped(
    z.string().transform((text, context): T[number] => {
      if (values.includes(text.trim())) return text.trim();
      context.addIssue(`expected one of: ${values.join(', ')}`);
      return z.NEVER;
    }),
    { kind: 'choice', choices: values },
  );

/** Comma-separated; empty parts fall out. */
export const list = () =>
  shaped(
    z.string().transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    ),
    { kind: 'list' },
  );

/** Comma-separated `name=ratio`, each name one of those given, each ratio above 0 and below 1. */
export const ratios = <const T extends readonly string[]>(...names: T) =>
  list().transform((pairs, context): ReadonlyMap<T[number], number> => {
    const found = new Map<T[number], number>();
    for (const pair of pairs) {
      const [name = '', text = ''] = pair.split('=').map((part) => part.trim());
      const ratio = /^(?:0?\.\d+|1e-\d)$/.test(text) ? Number(text) : Number.NaN;
      if (names.includes(name) && ratio > 0 && ratio < 1) found.set(name, ratio);
      else context.addIssue(`expected a ratio between 0 and 1 for one of: ${names.join(', ')}; not ${pair}`);
    }
    return found;
  });

/** Comma-separated `name=other name`. */
export const aliases = () =>
  list().transform((pairs, context): (readonly [string, string])[] =>
    pairs.map((pair) => {
      const [name = '', other = '', ...more] = pair.split('=').map((part) => part.trim());
      if (name === '' || other === '' || more.length > 0)
        context.addIssue(`expected name=other name, not ${pair}`);
      return [name, other];
    }),
  );

export const text = () => z.string().transform((value) => value.trim());

export const secret = () => z.string().transform((value) => new Secret(value.trim()));

export const httpUrl = () =>
  shaped(
    z.string().transform((value, context) => {
      const url = URL.canParse(value.trim()) ? new URL(value.trim()) : undefined;
      if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
      context.addIssue('expected a URL that starts with http:// or https://');
      return z.NEVER;
    }),
    { kind: 'url' },
  );

/** Where a listener binds. */
export interface BindAddress {
  hosts: readonly string[];
  /** 0 picks a free one. */
  port: number;
}

/** `127.0.0.1:2000`, `[::1]:2000`, `name:2000`; `:2000` is every address of the machine. The complaints are Go's own words. */
export const address = () =>
  z.string().transform((text, context): BindAddress => {
    const [, ipv6, plain = '', port = ''] = /^(?:\[(.*)\]|([^:[\]]*)):([^:]*)$/.exec(text.trim()) ?? [];
    if (ipv6 === undefined && plain === '' && !/^:[^:]*$/.test(text.trim())) {
      const colons = text.split(':').length - 1;
      context.addIssue(`address ${text}: ${colons > 1 ? 'too many colons' : 'missing port'} in address`);
      return z.NEVER;
    }
    if (!/^\d*$/.test(port) || Number(port) > 65_535) {
      context.addIssue(`address ${port}: invalid port`);
      return z.NEVER;
    }
    const host = ipv6 ?? plain;
    return { hosts: host === '' ? ['0.0.0.0', '::'] : [host], port: Number(port) };
  });

/** `SIDECAST_JOURNAL_MAX_BYTES` → `--journal-max-bytes`; `HONEYCOMB_API_KEY` → `--honeycomb-api-key`. */
export function flagOf(option: Option<unknown>): string {
  return `--${option.env
    .replace(/^SIDECAST_/, '')
    .toLowerCase()
    .replaceAll('_', '-')}`;
}

/** `SIDECAST_JOURNAL_MAX_BYTES` → `journal.max_bytes`: the first word is the section, unless declared otherwise. */
export function yamlPathOf(option: Option<unknown>): string {
  if (option.yaml) return option.yaml;
  const words = option.env.replace(/^SIDECAST_/, '').toLowerCase();
  return words.replace('_', '.');
}
