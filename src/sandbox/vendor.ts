// Part of the sandbox: what a stand-in for a vendor is, apart from HTTP servers, so that each reads as request in, answer out.
import type { IncomingHttpHeaders } from 'node:http';
import type { DestinationId } from '../model/signals.ts';
import type { Fault } from './faults.ts';

export interface VendorRequest {
  method: string;
  /** As sent, without the query. */
  path: string;
  /** As sent, without the question mark; '' when there is none. */
  query: string;
  headers: IncomingHttpHeaders;
  /** Name, value, name, value: a signature covers repeated headers, which `headers` folds. */
  rawHeaders: readonly string[];
  body: Buffer;
}

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
}

/** Requests that carry items are counted; the others (keys, sampling, log groups) are only answered. */
export type Purpose = 'items' | 'other';

export interface Vendor {
  readonly destination: DestinationId;
  /** Undefined when the request is for another vendor. */
  claims(request: VendorRequest): Purpose | undefined;
  /** `fault` is `partial`, `poison` or `none`: the others are over before this is asked. */
  answer(request: VendorRequest, fault: Fault): Answer;
  /** An error as the vendor words it, for the fault `status`. */
  refuse(request: VendorRequest, status: number, retryAfter: string | undefined): Answer;
}

/** A header's value; the first where it is repeated. */
export function header(request: VendorRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** What JSON.parse gives, when it is an object. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

export function parseObject(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}
