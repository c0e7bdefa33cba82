// Part of the sandbox: the exporter side of an OTel SDK in Python: a bounded queue, one request at a time, few retries.
import http from 'node:http';
import type { Clock, Random } from '../../model/clock.ts';
import type { Recorded } from './otlp.ts';

/** The SDK's batch processor: 512 items a request, 2048 in the queue. */
const MAX_BATCH_ITEMS = 512;
const MAX_QUEUED_ITEMS = 2048;
/** The exporter gives up when its next try would come later than this after the first. */
const EXPORT_TIMEOUT_MS = 10_000;
const RETRYABLE = [429, 502, 503, 504];

interface Batch<T> {
  items: readonly Recorded<T>[];
  body: Uint8Array;
  triedAtMs: number;
  tries: number;
  notBeforeMs: number;
}

export interface OutboxOptions<T> {
  url: URL;
  headers: Readonly<Record<string, string>>;
  agent: http.Agent;
  clock: Clock;
  random: Random;
  encode: (items: readonly Recorded<T>[]) => Uint8Array;
  onDelivered: (ids: readonly string[]) => void;
  onDropped: (count: number) => void;
}

export class OtlpOutbox<T> {
  readonly #options: OutboxOptions<T>;
  #queue: Recorded<T>[] = [];
  #batch: Batch<T> | undefined;
  #busy = false;

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0 && !this.#batch;
  }

  push(items: readonly Recorded<T>[]): void {
    const taken = items.slice(0, MAX_QUEUED_ITEMS - this.#queue.length);
    this.#queue.push(...taken);
    if (taken.length < items.length) this.#options.onDropped(items.length - taken.length);
    if (this.#queue.length >= MAX_BATCH_ITEMS) this.poll();
  }

  /** Drops what is not on its way at this moment. */
  giveUp(): void {
    const waiting = this.#busy ? 0 : (this.#batch?.items.length ?? 0);
    if (!this.#busy) this.#batch = undefined;
    if (waiting + this.#queue.length > 0) this.#options.onDropped(waiting + this.#queue.length);
    this.#queue = [];
  }

  /** Sends when something is due and nothing is on its way. */
  poll(): void {
    const nowMs = this.#options.clock.now();
    if (this.#busy || nowMs < (this.#batch?.notBeforeMs ?? 0)) return;
    this.#batch ??= this.#nextBatch(nowMs);
    if (!this.#batch) return;
    const batch = this.#batch;
    this.#busy = true;
    this.#post(batch.body, (status, retryAfterMs) => {
      this.#busy = false;
      this.#settle(batch, status, retryAfterMs);
      this.poll();
    });
  }

  #nextBatch(nowMs: number): Batch<T> | undefined {
    const items = this.#queue.splice(0, MAX_BATCH_ITEMS);
    if (items.length === 0) return undefined;
    return { items, body: this.#options.encode(items), triedAtMs: nowMs, tries: 0, notBeforeMs: nowMs };
  }

  #settle(batch: Batch<T>, status: number | undefined, retryAfterMs: number | undefined): void {
    const { clock, random, onDelivered, onDropped } = this.#options;
    if (status !== undefined && status >= 200 && status < 300) {
      this.#batch = undefined;
      onDelivered(batch.items.map(({ id }) => id));
      return;
    }
    // 1, 2, 4 s, give or take 20 %, unless the server says when.
    const waitMs = retryAfterMs ?? 1000 * 2 ** batch.tries * (0.8 + 0.4 * random());
    batch.tries += 1;
    batch.notBeforeMs = clock.now() + waitMs;
    const isRetryable = status === undefined || RETRYABLE.includes(status);
    if (isRetryable && batch.notBeforeMs < batch.triedAtMs + EXPORT_TIMEOUT_MS) return;
    this.#batch = undefined;
    onDropped(batch.items.length);
  }

  /** `done` gets no status when there was no answer. */
  #post(
    body: Uint8Array,
    done: (status: number | undefined, retryAfterMs: number | undefined) => void,
  ): void {
    const { url, agent } = this.#options;
    const headers = {
      ...this.#options.headers,
      'user-agent': 'OTel-OTLP-Exporter-Python/1.45.1',
      'content-type': 'application/x-protobuf',
      'content-length': body.length,
    };
    const request = http.request(url, { method: 'POST', agent, headers, timeout: EXPORT_TIMEOUT_MS });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    let answered = false;
    const finish = (status: number | undefined, retryAfterMs?: number) => {
      if (answered) return;
      answered = true;
      done(status, retryAfterMs);
    };
    request.once('error', () => finish(undefined));
    request.once('response', (response) => {
      const seconds = Number(response.headers['retry-after']);
      response.resume();
      response.once('close', () => finish(response.statusCode, seconds > 0 ? seconds * 1000 : undefined));
    });
    request.end(body);
  }
}
