// Part of the sandbox: what Rollbar takes as an item (API reference, "Create item").
import { asObject } from '../vendor.ts';

type Fields = Readonly<Record<string, unknown>>;

const LEVELS = ['critical', 'error', 'warning', 'info', 'debug'];
const BODIES = ['trace', 'trace_chain', 'message', 'crash_report'];

/** Longest text per field; the service refuses what is longer. */
const MAX_LENGTHS: readonly [path: readonly string[], length: number][] = [
  [['environment'], 255],
  [['context'], 255],
  [['title'], 255],
  [['uuid'], 36],
  [['code_version'], 40],
  [['person', 'id'], 40],
  [['person', 'username'], 255],
  [['person', 'email'], 255],
];

/** Why `data` is not an item, or undefined. */
export function itemProblem(data: Fields): string | undefined {
  const { environment, level, timestamp, body } = data;
  if (typeof environment !== 'string' || environment === '') return 'data.environment is required';
  if (level !== undefined && !LEVELS.includes(String(level)))
    return `data.level must be one of ${LEVELS.join(', ')}`;
  if (timestamp !== undefined && !Number.isInteger(timestamp)) return 'data.timestamp must be unix seconds';
  for (const [path, length] of MAX_LENGTHS) {
    const problem = lengthProblem(data, path, length);
    if (problem) return problem;
  }
  return bodyProblem(asObject(body));
}

function lengthProblem(data: Fields, path: readonly string[], length: number): string | undefined {
  let value: unknown = data;
  for (const key of path) value = asObject(value)?.[key];
  if (value === undefined || value === null) return undefined;
  const name = `data.${path.join('.')}`;
  if (typeof value !== 'string') return `${name} must be a string`;
  return [...value].length > length ? `${name} is longer than ${length} characters` : undefined;
}

function bodyProblem(body: Fields | undefined): string | undefined {
  const present = BODIES.filter((kind) => body?.[kind] !== undefined);
  const [kind] = present;
  if (!body || !kind || present.length > 1) return `data.body must have exactly one of ${BODIES.join(', ')}`;
  if (kind === 'trace') return traceProblem(body['trace']);
  if (kind === 'trace_chain') {
    const chain = body['trace_chain'];
    if (!Array.isArray(chain) || chain.length === 0)
      return 'data.body.trace_chain must have at least one trace';
    return chain.map(traceProblem).find((problem) => problem !== undefined);
  }
  const key = kind === 'message' ? 'body' : 'raw';
  const text = asObject(body[kind])?.[key];
  return typeof text === 'string' && text !== '' ? undefined : `data.body.${kind}.${key} is required`;
}

function traceProblem(trace: unknown): string | undefined {
  const { frames, exception } = asObject(trace) ?? {};
  if (!Array.isArray(frames)) return 'a trace must have frames';
  if (!frames.every((frame) => typeof asObject(frame)?.['filename'] === 'string'))
    return 'a frame must have a filename';
  const name = asObject(exception)?.['class'];
  return typeof name === 'string' && name !== '' ? undefined : 'a trace must have exception.class';
}
