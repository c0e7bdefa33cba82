// Part of admin/api: recent traces and logs over HTTP.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { DESTINATION_IDS, type DestinationId } from '../../model/signals.ts';
import { toMarkdown } from './markdown.ts';
import { withPair } from './paired.ts';
import { type Query, readBox, readLogQuery, readTraceQuery, refuse } from './query.ts';
import { sentTo } from './sent.ts';
import type { LogRow, Trace } from './shapes.ts';
import type { ApiSources } from './sources.ts';

/** `GET /api/logs` */
export interface LogList {
  logs: readonly LogRow[];
  kept: number;
}

const TRACE_ID = /^[\da-f]{32}$/;
/** As X-Ray writes them: `1-5759e988-bd862e3fe1be46a994272793`. */
const X_RAY_TRACE_ID = /^1-([\da-f]{8})-([\da-f]{24})$/;

export function addTraceRoutes(server: FastifyInstance, sources: ApiSources): void {
  const { recent, idsOf } = sources;

  server.get<{ Querystring: Query }>('/api/traces', async (request, reply) => {
    const { query, page, problems } = readTraceQuery(request.query);
    if (problems.length > 0) return refuse(reply, problems);
    const list = await recent.traces(query, page.limit, page.before);
    return { ...list, traces: list.traces.map((row) => withPair(row, idsOf)) };
  });

  /** One address for all three: the ending says in which form. */
  server.get<{ Params: { trace: string } }>('/api/traces/:trace', async ({ params }, reply) => {
    const [, name = '', ending] = /^([^.]*)(\.otlp\.json|\.md)?$/.exec(params.trace) ?? [];
    const id = traceIdOf(name);
    if (ending === '.otlp.json') {
      const request = recent.otlpJson(id);
      if (!request) return notKept(reply, id);
      const attachment = `attachment; filename="trace-${id}.otlp.json"`;
      return reply.header('content-disposition', attachment).send(request);
    }
    const trace = await traceWithLinks(sources, id);
    if (!trace) return notKept(reply, id);
    return ending === '.md' ? reply.type('text/markdown; charset=utf-8').send(toMarkdown(trace)) : trace;
  });

  server.get<{ Params: { trace: string; span: string; destination: string } }>(
    '/api/traces/:trace/spans/:span/sent/:destination',
    async ({ params }, reply) => {
      const destination = DESTINATION_IDS.find((id) => id === params.destination);
      if (!destination) {
        const message = `there is no such destination; use one of ${DESTINATION_IDS.join(', ')}`;
        return reply.code(404).send({ message });
      }
      const sent = await sentTo(sources, traceIdOf(params.trace), params.span.toLowerCase(), destination);
      return sent ?? notKept(reply, `${params.trace}, span ${params.span}`);
    },
  );

  server.get<{ Querystring: Query }>('/api/logs', async (request, reply) => {
    const { query, limit, problems } = readLogQuery(request.query);
    if (problems.length > 0) return refuse(reply, problems);
    const list: LogList = { logs: await recent.logs(query, limit), kept: recent.size.logs };
    return list;
  });

  server.get('/api/heatmap', async () => recent.heatmap());

  server.get<{ Querystring: Query }>('/api/compare', async (request, reply) => {
    const { box, problems } = readBox(request.query);
    return problems.length > 0 ? refuse(reply, problems) : recent.compare(box);
  });

  server.get('/api/pipeline', async () => sources.pipeline());
}

export function traceIdOf(text: string): string {
  const id = text.toLowerCase();
  const match = X_RAY_TRACE_ID.exec(id);
  return match ? `${match[1]}${match[2]}` : id;
}

/** With the addresses of the trace where it is on its way to. */
async function traceWithLinks(
  { recent, exporters, idsOf }: ApiSources,
  id: string,
): Promise<Trace | undefined> {
  const trace = TRACE_ID.test(id) ? await recent.trace(id) : undefined;
  if (!trace) return undefined;
  const startUnixMs = Number(BigInt(trace.row.startUnixNano) / 1_000_000n);
  const ref = { traceId: id, startUnixMs, endUnixMs: startUnixMs + Math.ceil(trace.row.durationMs) };
  const links: Partial<Record<DestinationId, string>> = {};
  for (const [destination, exporter] of exporters) {
    const url = trace.row.chips[destination] && exporter.traceUrl(ref);
    if (url) links[destination] = url;
  }
  return { ...trace, row: withPair(trace.row, idsOf), links };
}

function notKept(reply: FastifyReply, what: string): FastifyReply {
  const message = `trace ${what} is not among the recent ones: it was not received, or newer ones have taken its room (SIDECAST_RECENT_BYTES)`;
  return reply.code(404).send({ message });
}
