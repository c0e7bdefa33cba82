// Part of admin/api: server-sent events: what is new, as it comes. A client that does not read is let go, never waited for.
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { withPair } from './paired.ts';
import type { Pipeline, StreamEvents } from './shapes.ts';
import type { ApiSources } from './sources.ts';

/** A browser opens six connections to a host; tabs and scripts together are fewer than this. */
const MAX_STREAMS = 32;
/** At most four of each event a second. */
const TICK_MS = 250;
const PIPELINE_EVERY_TICKS = 4;
const HEATMAP_EVERY_TICKS = 20;
/** Proxies close what is silent for a minute. */
const HEARTBEAT_EVERY_TICKS = 60;
/** What a client may leave unread from one tick to the next. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** Of each kind at once; who was away for longer asks for the list. */
const MAX_ROWS = 500;
const RECONNECT_AFTER_MS = 1000;

interface Client {
  response: ServerResponse;
  /** What it has seen. */
  version: number;
}

export class Streams {
  readonly #sources: ApiSources;
  readonly #clients = new Set<Client>();
  #cancel: (() => void) | undefined;
  #ticks = 0;

  constructor(sources: ApiSources) {
    this.#sources = sources;
  }

  /** How many are open. */
  get count(): number {
    return this.#clients.size;
  }

  addRoute(server: FastifyInstance): void {
    server.get('/api/stream', async (request, reply) => {
      if (this.#clients.size >= MAX_STREAMS) {
        const message = `there are ${MAX_STREAMS} streams already; close one of them`;
        return reply.code(503).header('retry-after', '5').send({ message });
      }
      const status = await this.#sources.status();
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      const client = {
        response: raw,
        version: this.#seenBy(request.headers['last-event-id'], status.startedAt),
      };
      this.#clients.add(client);
      raw.once('close', () => this.#clients.delete(client));
      raw.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
      const { version, startedAt } = status;
      this.#send(client, 'hello', { version, startedAt });
      this.#send(client, 'heatmap', this.#sources.recent.heatmap());
      this.#send(client, 'pipeline', await this.#sources.pipeline());
      this.#startTicking();
      return reply;
    });
  }

  /** Ids hold when the process started: another one's versions mean nothing here. */
  #seenBy(lastEventId: string | string[] | undefined, startedAt: string): number {
    const [boot, version] = String(lastEventId ?? '').split('/');
    return boot === startedAt && /^\d+$/.test(version ?? '') ? Number(version) : this.#sources.recent.version;
  }

  #startTicking(): void {
    this.#cancel ??= this.#sources.clock.schedule(TICK_MS, () => {
      const ticked = this.#tick().catch((error: Error) => this.#endAll(error));
      void ticked.finally(() => {
        this.#cancel = undefined;
        if (this.#clients.size > 0) this.#startTicking();
      });
    });
  }

  async #tick(): Promise<void> {
    const { recent, pipeline, status, idsOf } = this.#sources;
    this.#ticks += 1;
    this.#letGoOfSilent();
    const { startedAt } = await status();
    // Most clients have seen the same: it is looked up and written once.
    const byVersion = new Map<number, Client[]>();
    for (const client of this.#clients) {
      if (client.version >= recent.version) continue;
      byVersion.set(client.version, [...(byVersion.get(client.version) ?? []), client]);
    }
    for (const [seen, clients] of byVersion) {
      const { rows: changed, logs, version } = await recent.since(seen, MAX_ROWS);
      const rows = changed.map((row) => withPair(row, idsOf));
      const { traces: kept, keepsOneIn } = recent.size;
      const id = `${startedAt}/${version}`;
      for (const client of clients) {
        client.version = version;
        if (rows.length > 0)
          this.#send(client, 'traces', { rows, kept, keepsOneIn }, logs.length > 0 ? undefined : id);
        if (logs.length > 0) this.#send(client, 'logs', { rows: logs }, id);
      }
    }
    if (this.#ticks % HEATMAP_EVERY_TICKS === 0) this.#sendAll('heatmap', recent.heatmap());
    if (this.#ticks % PIPELINE_EVERY_TICKS === 0)
      this.#sendAll('pipeline', (await pipeline()) satisfies Pipeline);
    if (this.#ticks % HEARTBEAT_EVERY_TICKS === 0)
      for (const client of this.#clients) this.#write(client, ':\n\n');
  }

  #sendAll<E extends keyof StreamEvents>(event: E, data: StreamEvents[E]): void {
    const text = textOf(event, data);
    for (const client of this.#clients) this.#write(client, text);
  }

  #send<E extends keyof StreamEvents>(client: Client, event: E, data: StreamEvents[E], id?: string): void {
    this.#write(client, textOf(event, data, id));
  }

  #write({ response }: Client, text: string): void {
    response.write(text);
  }

  /** Nobody waits for what does not come: whoever is there connects again, and is told what is there then. */
  #endAll(error: Error): void {
    this.#sources.onBug(error);
    for (const { response } of this.#clients) response.destroy();
    this.#clients.clear();
  }

  /** Looked at before anything more is written: what came with the last tick had its quarter of a second. */
  #letGoOfSilent(): void {
    for (const client of this.#clients) {
      if (client.response.writableLength <= MAX_UNREAD_BYTES) continue;
      this.#clients.delete(client);
      client.response.destroy();
    }
  }
}

function textOf<E extends keyof StreamEvents>(event: E, data: StreamEvents[E], id?: string): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
