// Part of admin: dead letters over HTTP: what there is, and sending it again.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { durationMs, integer } from '../../config/option.ts';
import { nearestName, type Problem, renderProblem } from '../../config/problems.ts';
import { type LetterFilter, parseFilter } from '../../delivery/dead-letters/filter.ts';
import { readLines } from '../../delivery/dead-letters/lines.ts';
import { chosenLetters } from '../../delivery/dead-letters/read.ts';
import type { DeadLetterStore } from '../../delivery/dead-letters/store.ts';
import { type Summary, summarize } from '../../delivery/dead-letters/summary.ts';
import type { Replay, ReplayRequest } from '../../intake/replay/replay.ts';
import { onlyFromHere } from './guard.ts';

export interface DeadLetterSources {
  store: DeadLetterStore;
  replay: Replay;
  now(): number;
}

/** `GET /api/dead-letters` */
export interface DeadLetterList extends Summary {
  /** Null when they are in memory. */
  dir: string | null;
  /** Lines that are no letters. */
  unreadable: number;
}

type Query = Readonly<Record<string, string>>;

const FILTERS = ['destination', 'reason', 'since', 'id'];
const MAX_NEWEST = 100;
const DEFAULT_NEWEST = '20';
const DEFAULT_WAIT = '30s';
const NDJSON = 'application/x-ndjson';

export function addDeadLetterRoutes(server: FastifyInstance, sources: DeadLetterSources): void {
  // A file of letters may be large: it is read as it comes.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(NDJSON, (_request, body, done) => done(null, body));

  server.get<{ Querystring: Query }>('/api/dead-letters', async ({ query }, reply) => {
    const { filter, problems } = readQuery(query, ['newest', 'full'], sources.now());
    const newest = integer(0, MAX_NEWEST).safeParse(query['newest'] ?? DEFAULT_NEWEST);
    if (!newest.success) problems.push(wrong(query, 'newest', `a whole number from 0 to ${MAX_NEWEST}`));
    if (problems.length > 0 || !newest.success) return refuse(reply, problems);
    return list(sources, filter, newest.data, isSet(query, 'full'));
  });

  server.post<{ Querystring: Query; Body?: Readable }>(
    '/api/dead-letters/replay',
    { preHandler: onlyFromHere },
    async ({ query, body }, reply) => {
      const known = ['suspect', 'again', 'dry-run', 'wait'];
      const { filter, problems } = readQuery(query, known, sources.now());
      const waitMs = durationMs().safeParse(query['wait'] ?? DEFAULT_WAIT);
      if (!waitMs.success) problems.push(wrong(query, 'wait', 'a duration such as 30s'));
      if (problems.length > 0 || !waitMs.success) return refuse(reply, problems);
      const letters = body
        ? chosenLetters(readLines(body), filter, () => undefined)
        : sources.store.read(filter);
      const request: ReplayRequest = {
        suspect: isSet(query, 'suspect'),
        again: isSet(query, 'again'),
        dryRun: isSet(query, 'dry-run'),
        waitMs: waitMs.data,
      };
      return reply.type(NDJSON).send(Readable.from(asText(sources.replay.run(request, letters))));
    },
  );
}

async function list(
  { store }: DeadLetterSources,
  filter: LetterFilter,
  newest: number,
  inFull: boolean,
): Promise<DeadLetterList> {
  let unreadable = 0;
  const letters = store.read(filter, () => unreadable++);
  const summary = await summarize(letters, await store.marks.load(), { newest, inFull });
  return { ...summary, dir: store.dir, unreadable };
}

async function* asText(lines: ReturnType<Replay['run']>): AsyncGenerator<string> {
  try {
    for await (const line of lines) yield `${JSON.stringify(line)}\n`;
  } catch (error) {
    const message = `the replay broke off: ${(error as Error).message}. What was sent is marked; replay the rest again`;
    yield `${JSON.stringify({ event: 'failed', message })}\n`;
  }
}

function readQuery(
  query: Query,
  others: readonly string[],
  nowMs: number,
): { filter: LetterFilter; problems: Problem[] } {
  const known = [...FILTERS, ...others];
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  const { filter, problems } = parseFilter(query, 'query', nowMs);
  const named = unknown.map((option): Problem => {
    const nearest = nearestName(option, known);
    const fix = `Use ${known.join(', ')}.`;
    return { option, source: 'query', value: '', message: 'unknown', fix, ...(nearest ? { nearest } : {}) };
  });
  return { filter, problems: [...named, ...problems] };
}

function wrong(query: Query, option: string, expected: string): Problem {
  const value = query[option] ?? '';
  return { option, source: 'query', value, message: 'not understood', fix: `Expected ${expected}.` };
}

/** `?again`, `?again=1` and `?again=true` */
const isSet = (query: Query, name: string) => ['', '1', 'true'].includes(query[name] ?? 'no');

function refuse(reply: FastifyReply, problems: readonly Problem[]): FastifyReply {
  return reply.code(400).send({ message: problems.map(renderProblem).join(' '), problems });
}
