// Part of the sandbox: the shapes of AWS's service models, and what is wrong with a value that should have one.
import { asObject } from '../vendor.ts';

interface Bounds {
  min?: number;
  max?: number;
}

/** `min` and `max` are of characters, numbers, elements or pairs, as in the model. */
export type Shape =
  | ({ type: 'string' | 'integer' | 'double' } & Bounds)
  | { type: 'boolean' | 'timestamp' }
  | ({ type: 'list'; of: Shape } & Bounds)
  | ({ type: 'map'; key: Shape; value: Shape } & Bounds)
  | Structure;

export interface Structure {
  type: 'structure';
  members: Readonly<Record<string, Shape>>;
  required?: readonly string[];
}

/** Undefined when it is right. Members that the model does not have are ignored, null counts as absent: so do AWS's services. */
export function complaintAbout(value: unknown, shape: Shape, path = 'request'): string | undefined {
  switch (shape.type) {
    case 'string':
      return typeof value === 'string' ? outOf(shape, [...value].length, path) : `${path} must be a string.`;
    case 'integer':
      return Number.isInteger(value)
        ? outOf(shape, value as number, path)
        : `${path} must be a whole number.`;
    case 'double':
      return typeof value === 'number' ? outOf(shape, value, path) : `${path} must be a number.`;
    case 'timestamp':
      return typeof value === 'number' ? undefined : `${path} must be a time in seconds.`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${path} must be true or false.`;
    case 'list':
      if (!Array.isArray(value)) return `${path} must be a list.`;
      return (
        outOf(shape, value.length, path) ??
        firstOf(value.map((one, at) => () => complaintAbout(one, shape.of, `${path}[${at}]`)))
      );
    case 'map':
      return aboutMap(value, shape, path);
    case 'structure':
      return aboutStructure(value, shape, path);
  }
}

function aboutMap(value: unknown, shape: Extract<Shape, { type: 'map' }>, path: string): string | undefined {
  const pairs = Object.entries(asObject(value) ?? {});
  if (!asObject(value)) return `${path} must be an object.`;
  return (
    outOf(shape, pairs.length, path) ??
    firstOf(
      pairs.map(
        ([key, one]) =>
          () =>
            complaintAbout(key, shape.key, `${path} key`) ??
            complaintAbout(one, shape.value, `${path}.${key}`),
      ),
    )
  );
}

function aboutStructure(value: unknown, { members, required = [] }: Structure, path: string) {
  const object = asObject(value);
  if (!object) return `${path} must be an object.`;
  const missing = required.find((name) => (object[name] ?? null) === null);
  if (missing) return `${path}.${missing} is required.`;
  return firstOf(
    Object.entries(members).map(([name, member]) => () => {
      const one = object[name] ?? null;
      return one === null ? undefined : complaintAbout(one, member, `${path}.${name}`);
    }),
  );
}

function outOf({ min, max }: Bounds, measure: number, path: string): string | undefined {
  if (min !== undefined && measure < min) return `${path} must be ${min} at least, it is ${measure}.`;
  if (max !== undefined && measure > max) return `${path} must be ${max} at most, it is ${measure}.`;
  return undefined;
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const complaint = check();
    if (complaint) return complaint;
  }
  return undefined;
}
