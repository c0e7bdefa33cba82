// Part of correlation: the log records of the last moments by trace, for who reports an error and wants to show what led to it.

import { letOthersIn } from '../model/let-others-in.ts';
import type { LogRecord } from '../model/otlp.ts';
import type { Accepted } from '../model/signals.ts';
import { decodeLogs } from '../protocols/otlp/decode.ts';

/** Some 1,700 records, which take 30 ms to decode on a busy machine: others get their turn between requests. */
const MAX_RAW_BYTES = 512 * 1024;
/** Of all traces; with MAX_TEXT_CHARS at most about 2 MB. */
const MAX_KEPT = 2000;
const MAX_TEXT_CHARS = 1000;
/** One trace must not push out all others, nor itself. */
const MAX_PER_TRACE = 100;

/** What is kept of a log record. */
export interface RecentLog {
  timeUnixNano: bigint;
  severityNumber: number;
  text: string;
}

/**
 * Best effort and bounded. While nothing fails this costs a copy of bytes: a request is decoded when the first error is reported
 * after it, and once.
 */
export class RecentLogs {
  readonly #raw: Buffer[] = [];
  #rawBytes = 0;
  #reading: Promise<void> | undefined;
  readonly #byTrace = new Map<string, RecentLog[]>();
  #kept = 0;

  /** A request as it goes into the journal. Its buffer is used again afterwards, so this is a copy. */
  remember({ signal, payload, origin }: Accepted): void {
    if (signal !== 'logs' || origin.only || payload.length > MAX_RAW_BYTES) return;
    this.#raw.push(Buffer.from(payload));
    this.#rawBytes += payload.length;
    while (this.#rawBytes > MAX_RAW_BYTES) this.#rawBytes -= this.#raw.shift()?.length ?? 0;
  }

  /** The oldest first. */
  async of(traceId: string): Promise<readonly RecentLog[]> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    const found = this.#byTrace.get(traceId) ?? [];
    return found.toSorted((a, b) => Number(a.timeUnixNano - b.timeUnixNano));
  }

  async #readAll(): Promise<void> {
    for (let payload = this.#raw.shift(); payload; payload = this.#raw.shift()) {
      this.#rawBytes -= payload.length;
      this.#read(payload);
      if (this.#raw.length > 0) await letOthersIn();
    }
  }

  /** What cannot be decoded is told of by who has to deliver it. */
  #read(payload: Uint8Array): void {
    try {
      for (const { records } of decodeLogs(payload)) for (const log of records) this.#keep(log);
    } catch {
      return;
    }
  }

  #keep(log: LogRecord): void {
    const { traceId, severityNumber, body, attributes, eventName } = log;
    if (traceId === '') return;
    const message = typeof body === 'string' && body !== '' ? body : attributes.get('exception.message');
    const text = (typeof message === 'string' ? message : eventName).slice(0, MAX_TEXT_CHARS);
    if (text === '') return;
    const timeUnixNano = log.timeUnixNano || log.observedTimeUnixNano;
    const logs = this.#byTrace.get(traceId) ?? [];
    logs.push({ timeUnixNano, severityNumber, text });
    this.#kept += 1;
    if (logs.length > MAX_PER_TRACE) {
      logs.shift();
      this.#kept -= 1;
    }
    // The trace that was heard of last goes last.
    this.#byTrace.delete(traceId);
    this.#byTrace.set(traceId, logs);
    for (const [oldest, old] of this.#byTrace) {
      if (this.#kept <= MAX_KEPT) break;
      this.#byTrace.delete(oldest);
      this.#kept -= old.length;
    }
  }
}
