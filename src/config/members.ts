// Part of config: the members of an object in somebody else's format, each judged by what that format allows.
import type { JsonObject } from './json.ts';
import { nearestName, type Problem } from './problems.ts';

export interface Member {
  /** What is wrong with a value; undefined for a good one. */
  complaint(value: unknown): string | undefined;
  isOptional?: true;
  /** What to type instead. */
  example: string;
}

export type Members = Readonly<Record<string, Member>>;

/** All that is wrong, in the order of the members. null counts as absent. `sourceOf` says where a member stands. */
export function checkMembers(
  value: JsonObject,
  members: Members,
  sourceOf: (member: string) => string,
): Problem[] {
  const unknown = Object.keys(value)
    .filter((name) => !Object.hasOwn(members, name))
    .map((option): Problem => {
      const nearest = nearestName(option, Object.keys(members));
      const problem = { option, source: sourceOf(option), value: '', message: 'unknown member' };
      return { ...problem, fix: 'Correct or remove it.', ...(nearest ? { nearest } : {}) };
    });
  const wrong = Object.entries(members).flatMap(([option, { complaint, isOptional, example }]): Problem[] => {
    const member = value[option] ?? undefined;
    if (member === undefined && isOptional) return [];
    const message = member === undefined ? 'is missing' : complaint(member);
    if (message === undefined) return [];
    return [
      { option, source: sourceOf(option), value: shownJson(member), message, fix: `For example ${example}.` },
    ];
  });
  return [...unknown, ...wrong];
}

/** As it stands in the file, and not all of a long one. */
export function shownJson(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value).slice(0, 60);
}

export function textUpTo(max: number, min = 1): Member['complaint'] {
  return (value) =>
    typeof value === 'string' && [...value].length >= min && [...value].length <= max
      ? undefined
      : `expected a text of ${min} to ${max} characters`;
}

export function oneOf(values: readonly unknown[]): Member['complaint'] {
  return (value) => (values.includes(value) ? undefined : `expected one of: ${values.join(', ')}`);
}

export function isBoolean(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'expected true or false';
}
