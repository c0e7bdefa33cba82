// Part of receivers/otlp: why a request is turned away, as something to throw.
import type { ReasonCode } from '../../model/reasons.ts';
import { StatusCodes } from '../../protocols/otlp/status.ts';

/** Becomes an error answer: see respond. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly grpcCode: number;
  /** What it is counted as; undefined for requests that no exporter makes, such as GET. */
  readonly reason: ReasonCode | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Source items that are turned away, where they can be counted. */
  items = 1;

  constructor(
    status: number,
    grpcCode: number,
    reason: ReasonCode | undefined,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.grpcCode = grpcCode;
    this.reason = reason;
    this.headers = headers;
  }
}

let refusals = 0;

/**
 * Not now. SDKs wait as long as Retry-After says, but give the batch up when that is beyond their 10 s (captured: 30 s
 * is dropped at once, 0 makes them hammer), so it is 1, 2 or 3 s: in turn, for clients not to come back together.
 */
export function notNow(reason: ReasonCode, message: string): Refusal {
  const retryAfter = String(1 + (refusals++ % 3));
  return new Refusal(503, StatusCodes.UNAVAILABLE, reason, message, { 'retry-after': retryAfter });
}

export function malformed(message: string): Refusal {
  return new Refusal(400, StatusCodes.INVALID_ARGUMENT, 'malformed', message);
}

export function tooLarge(maxBytes: number): Refusal {
  return new Refusal(
    413,
    StatusCodes.RESOURCE_EXHAUSTED,
    'body_too_large',
    `the body is larger than ${maxBytes} bytes: send smaller batches, or raise SIDECAST_MAX_REQUEST_BYTES`,
  );
}

export function badEncoding(message: string): Refusal {
  return new Refusal(400, StatusCodes.INVALID_ARGUMENT, 'bad_encoding', message);
}
