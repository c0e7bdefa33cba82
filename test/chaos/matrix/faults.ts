// Part of the chaos tests: everything that goes wrong at a destination, and what has to come of it there.
import type { DestinationId } from '../../../src/model/signals.ts';
import type { Fault } from '../../../src/sandbox/index.ts';

/** Where it goes wrong: in the vendor's answer, or before a vendor is there. */
export type Trouble =
  | { at: 'vendor'; fault: (nowMs: number) => Fault }
  /** One item of those that are sent makes every request fail that holds it. */
  | { at: 'item'; status: number }
  | { at: 'connection' | 'certificate' | 'name' };

export interface Expected {
  state: 'on' | 'retrying' | 'blocked';
  /** Why it is retrying or blocked, or why items were rejected. */
  code: string | undefined;
  /** What becomes of the items: all arrive, all are refused for good, or the vendor takes some. */
  fate: 'arrive' | 'rejected' | 'some rejected';
}

export interface FaultRow {
  id: string;
  /** As the README says it. */
  title: string;
  trouble: Trouble;
  expected(destination: DestinationId): Expected;
}

const status = (code: number, retryAfter?: (nowMs: number) => number | string): Trouble => ({
  at: 'vendor',
  fault: (nowMs) => ({
    kind: 'status',
    status: code,
    ...(retryAfter ? { retryAfter: retryAfter(nowMs) } : {}),
  }),
});
const vendor = (fault: Fault): Trouble => ({ at: 'vendor', fault: () => fault });

const retried = (code: string) => (): Expected => ({ state: 'retrying', code, fate: 'arrive' });
const held = (code: string) => (): Expected => ({ state: 'blocked', code, fate: 'arrive' });
const refused = (code: string) => (): Expected => ({ state: 'on', code, fate: 'rejected' });

/** How each vendor says that it did not take some of a request. */
const PARTIAL_CODES: Readonly<Record<DestinationId, string>> = {
  honeycomb: 'vendor_anonymous',
  'aws-xray': 'vendor_rejected',
  'aws-cloudwatch-logs': 'too_old',
  rollbar: 'vendor_rejected',
};

/** Longer than any batch waits for company, so that what queues up behind it is seen. */
const SLOW_MS = 2000;
const WAIT_SECONDS = 2;

export const FAULTS: readonly FaultRow[] = [
  {
    id: 'refused',
    title: 'connection refused',
    trouble: { at: 'connection' },
    expected: retried('unreachable'),
  },
  { id: 'hang', title: 'no answer', trouble: vendor({ kind: 'hang' }), expected: retried('timeout') },
  {
    id: 'reset-body',
    title: 'reset while the request is sent',
    trouble: vendor({ kind: 'reset', at: 'body' }),
    expected: retried('unreachable'),
  },
  {
    id: 'reset-answer',
    title: 'reset in the middle of the answer',
    trouble: vendor({ kind: 'reset', at: 'answer' }),
    expected: retried('unreachable'),
  },
  {
    id: 'slow',
    title: `answers after ${SLOW_MS / 1000} s`,
    trouble: vendor({ kind: 'slow', delayMs: SLOW_MS }),
    expected: () => ({ state: 'on', code: undefined, fate: 'arrive' }),
  },
  { id: '400', title: '400', trouble: status(400), expected: refused('vendor_rejected') },
  { id: '401', title: '401', trouble: status(401), expected: held('unauthorized') },
  { id: '403', title: '403', trouble: status(403), expected: held('forbidden') },
  { id: '413', title: '413', trouble: status(413), expected: refused('too_large') },
  {
    id: '429-seconds',
    title: '429, Retry-After in seconds',
    trouble: status(429, () => WAIT_SECONDS),
    expected: retried('throttled'),
  },
  {
    id: '429-date',
    title: '429, Retry-After as a date',
    trouble: status(429, (nowMs) => new Date(nowMs + 1000 * WAIT_SECONDS).toUTCString()),
    expected: retried('throttled'),
  },
  { id: '500', title: '500', trouble: status(500), expected: retried('vendor_unavailable') },
  {
    id: '500-item',
    title: '500 for one item only',
    trouble: { at: 'item', status: 500 },
    expected: () => ({ state: 'on', code: undefined, fate: 'arrive' }),
  },
  { id: '503', title: '503', trouble: status(503), expected: retried('vendor_unavailable') },
  {
    id: 'partial',
    title: 'takes only a part',
    trouble: vendor({ kind: 'partial' }),
    expected: (destination) => ({
      state: 'on',
      code: PARTIAL_CODES[destination],
      fate: 'some rejected',
    }),
  },
  {
    id: 'html',
    title: '200 with a web page',
    trouble: vendor({ kind: 'html' }),
    expected: held('misdirected'),
  },
  {
    id: 'tls',
    title: 'certificate not trusted',
    trouble: { at: 'certificate' },
    expected: retried('unreachable'),
  },
  { id: 'dns', title: 'name not found', trouble: { at: 'name' }, expected: retried('unreachable') },
];
