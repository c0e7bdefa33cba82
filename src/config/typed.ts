// Part of config: a value as somebody typed it, and where.
import type { SecretOrigin } from '../model/secret.ts';
import { flagOf, type Option, yamlPathOf } from './option.ts';

export interface Typed {
  value: string;
  /** For people: `flag --otlp-port`, `variable SIDECAST_OTLP_PORT`, `sidecast.yaml:3 otlp.port`. */
  source: string;
  place: Place;
  origin: SecretOrigin;
}

export type Place = 'flag' | 'variable' | 'file';

/** What to type there instead. */
export function exampleFor(option: Option<unknown>, place: Place): string {
  const { example = option.fallback } = option;
  const name = nameIn(option, place);
  if (example === undefined) return `Change ${name} or leave it out.`;
  return `For example ${name}${{ flag: ' ', variable: '=', file: ': ' }[place]}${example}.`;
}

function nameIn(option: Option<unknown>, place: Place): string {
  if (place === 'flag') return flagOf(option);
  return place === 'file' ? yamlPathOf(option) : option.env;
}
