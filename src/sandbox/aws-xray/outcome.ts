// Part of the sandbox: how a call of X-Ray's control plane ends.
import type { AwsError } from '../aws-errors.ts';

export type Outcome = { error: AwsError } | { value: unknown };

/** Nearly every error of this API, also of what is missing or there already, has this name (service model). */
export function invalid(message: string, code = 'InvalidRequestException'): { error: AwsError } {
  return { error: { status: 400, code, message } };
}

export type Fields = Readonly<Record<string, unknown>>;

/** Names and ARNs are two ways to say the same; a call takes one of them. */
export function identified<T>(
  request: Fields,
  kind: 'Rule' | 'Group',
  things: ReadonlyMap<string, T>,
  arnOf: (thing: T) => string,
): T | { error: AwsError } {
  const [name, arn] = [request[`${kind}Name`] ?? null, request[`${kind}ARN`] ?? null];
  if ((name === null) === (arn === null)) return invalid(`Specify ${kind}Name or ${kind}ARN, not both.`);
  const found =
    name === null ? [...things.values()].find((thing) => arnOf(thing) === arn) : things.get(String(name));
  return found ?? invalid(`There is no such ${kind.toLowerCase()}.`);
}

export function isError(outcome: object): outcome is { error: AwsError } {
  return 'error' in outcome;
}
