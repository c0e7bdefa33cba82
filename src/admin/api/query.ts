// Part of admin/api: filters as people type them into an address.
import type { FastifyReply } from 'fastify';
import { nearestName, type Problem, renderProblem } from '../../config/problems.ts';
import { DESTINATION_IDS, type DestinationId } from '../../model/signals.ts';
import type { Box, LogQuery, TraceQuery } from '../../recent/query.ts';

/** A parameter that is given twice is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

const BOX = ['from', 'to', 'minMs', 'maxMs'] as const;
const TRACES = [
  ...BOX,
  'service',
  'route',
  'status',
  'min',
  'q',
  'attr',
  'errors',
  'lacks',
  'limit',
  'before',
];
const LOGS = ['service', 'q', 'trace', 'severity', 'limit'];
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 2000;

const UNITS: Readonly<Record<string, number>> = { '': 1, us: 0.001, µs: 0.001, ms: 1, s: 1000, m: 60_000 };

export interface Page {
  limit: number;
  before: string | undefined;
}

/** Reads one query; whatever is wrong with it is said at once. */
export class QueryReader {
  readonly problems: Problem[] = [];
  readonly #query: Query;

  constructor(query: Query, known: readonly string[]) {
    this.#query = query;
    for (const option of Object.keys(query)) {
      if (known.includes(option)) continue;
      const nearest = nearestName(option, known);
      const fix = `Use ${known.join(', ')}.`;
      this.problems.push({
        option,
        source: 'query',
        value: '',
        message: 'unknown',
        fix,
        ...(nearest ? { nearest } : {}),
      });
    }
  }

  text(option: string): string | undefined {
    const value = this.#query[option];
    return (typeof value === 'string' ? value : value?.at(-1)) || undefined;
  }

  all(option: string): readonly string[] {
    const value = this.#query[option];
    return value === undefined ? [] : typeof value === 'string' ? [value] : value;
  }

  isSet(option: string): boolean {
    return option in this.#query && ['', '1', 'true'].includes(this.text(option) ?? '');
  }

  number(option: string): number | undefined {
    return this.#parse(option, 'a number', (text) => (text.trim() === '' ? Number.NaN : Number(text)));
  }

  /** Milliseconds, or with a unit: `250`, `250ms`, `1.5s`. */
  durationMs(option: string): number | undefined {
    return this.#parse(option, 'a duration such as 250ms or 1.5s', (text) => {
      const match = /^(\d+(?:\.\d+)?)\s*([uµ]s|ms|s|m|)$/.exec(text.trim());
      return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
    });
  }

  /** Milliseconds since the epoch, or RFC 3339. */
  timeMs(option: string): number | undefined {
    const parse = (text: string) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text));
    return this.#parse(option, 'a time such as 2026-11-02T10:00:00Z, or milliseconds', parse);
  }

  wrong(option: string, expected: string): void {
    const value = this.text(option) ?? '';
    this.problems.push({
      option,
      source: 'query',
      value,
      message: 'not understood',
      fix: `Expected ${expected}.`,
    });
  }

  #parse(option: string, expected: string, parse: (text: string) => number): number | undefined {
    const text = this.text(option);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (Number.isFinite(value)) return value;
    this.wrong(option, expected);
    return undefined;
  }
}

export function readTraceQuery(query: Query): {
  query: TraceQuery;
  page: Page;
  problems: readonly Problem[];
} {
  const reader = new QueryReader(query, TRACES);
  const status = reader.text('status');
  if (status !== undefined && !/^[1-5](\d\d|xx)$/i.test(status))
    reader.wrong('status', 'a code such as 404, or 5xx');
  const lacks = reader.text('lacks');
  if (lacks !== undefined && !(DESTINATION_IDS as readonly string[]).includes(lacks))
    reader.wrong('lacks', `one of ${DESTINATION_IDS.join(', ')}`);
  const attributes = reader.all('attr').map((text) => {
    const at = text.indexOf('=');
    if (at < 1) reader.wrong('attr', 'key=value');
    return { key: text.slice(0, at), value: text.slice(at + 1) };
  });
  const box = readBoxWith(reader);
  return {
    query: {
      ...box,
      service: reader.text('service'),
      route: reader.text('route'),
      status,
      minMs: largest(box.minMs, reader.durationMs('min')),
      text: reader.text('q'),
      attributes,
      hasErrors: reader.isSet('errors'),
      lacks: lacks as DestinationId | undefined,
    },
    page: { limit: readLimit(reader), before: reader.text('before') },
    problems: reader.problems,
  };
}

export function readLogQuery(query: Query): { query: LogQuery; limit: number; problems: readonly Problem[] } {
  const reader = new QueryReader(query, LOGS);
  const read = {
    service: reader.text('service'),
    text: reader.text('q'),
    traceId: reader.text('trace'),
    leastSeverity: reader.number('severity'),
  };
  return { query: read, limit: readLimit(reader), problems: reader.problems };
}

export function readBox(query: Query): { box: Box; problems: readonly Problem[] } {
  const reader = new QueryReader(query, BOX);
  return { box: readBoxWith(reader), problems: reader.problems };
}

export function refuse(reply: FastifyReply, problems: readonly Problem[]): FastifyReply {
  return reply.code(400).send({ message: problems.map(renderProblem).join(' '), problems });
}

function readBoxWith(reader: QueryReader): Box {
  return {
    fromMs: reader.timeMs('from'),
    toMs: reader.timeMs('to'),
    minMs: reader.number('minMs'),
    maxMs: reader.number('maxMs'),
  };
}

function readLimit(reader: QueryReader): number {
  const limit = reader.number('limit') ?? DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    reader.wrong('limit', `a whole number from 1 to ${MAX_LIMIT}`);
  return limit;
}

function largest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b);
}
