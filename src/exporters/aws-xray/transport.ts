// Part of exporters/aws-xray: one PutTraceSegments call, and what each answer means.
import { AwsError } from '../../aws/errors.ts';
import type { XRay } from '../../aws/xray.ts';
import {
  type AwsMeanings,
  OF_ANY_SERVICE,
  resultOfAws,
  resultOfFailure,
} from '../../delivery/aws-failure.ts';
import type { EncodedItem, ExportResult, Refusal } from '../../delivery/exporter.ts';
import { MAX_SHOWN_BYTES, type Meaning } from '../../delivery/meaning.ts';
import { sendTimely } from '../../delivery/timely.ts';
import { type BufferPool, noPool } from '../../model/buffer-pool.ts';
import type { Clock } from '../../model/clock.ts';
import type { Reason } from '../../model/reasons.ts';
import type { Shelf } from '../../model/shelf.ts';
import { parseSegment } from '../../protocols/xray/segment.ts';
import { bodyOf, type Document, documentOf } from './encoder.ts';

export type Transport = (
  items: readonly EncodedItem<Document>[],
  signal: AbortSignal,
) => Promise<ExportResult>;

const MISDIRECTED: Meaning = {
  status: 'blocked',
  code: 'misdirected',
  message: 'the answer does not look like X-Ray',
  fix: 'Check AWS_ENDPOINT_URL_XRAY and HTTPS_PROXY.',
};

export const MEANINGS: AwsMeanings = {
  ...OF_ANY_SERVICE,
  forbidden: {
    status: 'blocked',
    code: 'forbidden',
    message: 'the credentials may not send to X-Ray',
    fix: 'Allow xray:PutTraceSegments (AWSXRayDaemonWriteAccess has it).',
  },
  throttled: {
    status: 'retryable',
    code: 'throttled',
    message: 'X-Ray asks to slow down',
    fix: 'Nothing: it is sent again. Ask AWS for a higher quota if it stays.',
  },
  too_large: {
    status: 'rejected',
    code: 'too_large',
    message: 'X-Ray finds the request too large',
    fix: 'Record less in one segment.',
  },
  invalid: {
    status: 'rejected',
    code: 'vendor_rejected',
    message: 'X-Ray refuses the request',
    fix: 'Look at the dead letter.',
  },
  unavailable: {
    status: 'retryable',
    code: 'vendor_unavailable',
    message: 'X-Ray answers with a server error',
    fix: 'Nothing: it is sent again.',
  },
  not_found: MISDIRECTED,
  exists: MISDIRECTED,
  unexpected: MISDIRECTED,
};

/** X-Ray keeps traces for 30 days: what is older when it gets there would never be seen. */
const OLDEST_MS = 30 * 86_400_000;

export function createTransport(
  xray: XRay,
  clock: Clock,
  pool: BufferPool = noPool,
  shelf?: Shelf,
): Transport {
  const put = async (items: readonly EncodedItem<Document>[], signal: AbortSignal): Promise<ExportResult> => {
    const documents = items.map(({ value }) => value);
    try {
      const body = bodyOf(documents, pool.take);
      const answer = await xray.putTraceSegments(body, signal);
      // Answered with success: it has left the socket. After a failure that is not certain.
      pool.give(body);
      const result = readSuccess(items, Buffer.from(answer.body).toString('utf8'));
      if (result.status === 'delivered' && result.refused.length === 0) shelf?.takeOff(documents);
      return result;
    } catch (error) {
      return readFailure(error);
    }
  };
  return (items, signal) => {
    const oldestMs = clock.now() - OLDEST_MS;
    return sendTimely(
      items,
      (receivedAtMs) => (receivedAtMs < oldestMs ? TOO_OLD : undefined),
      (timely) => put(timely, signal),
    );
  };
}

/** Throws a bug. */
export const readFailure = (error: unknown): ExportResult => resultOfFailure(error, MEANINGS);

interface Unprocessed {
  Id?: string | null;
  ErrorCode?: string | null;
  Message?: string | null;
}

function readSuccess(items: readonly EncodedItem<Document>[], body: string): ExportResult {
  const unprocessed = readUnprocessed(body);
  if (!unprocessed)
    return resultOfAws(new AwsError('unexpected', 'no JSON', { status: 200, body }), MISDIRECTED);
  if (unprocessed.length === 0) return { status: 'delivered', refused: [] };
  return matchRefusals(items, unprocessed) ?? unmatched(unprocessed);
}

function readUnprocessed(body: string): readonly Unprocessed[] | undefined {
  if (body === '') return [];
  try {
    const answer = JSON.parse(body) as { UnprocessedTraceSegments?: unknown } | null;
    const unprocessed = typeof answer === 'object' ? (answer?.UnprocessedTraceSegments ?? []) : undefined;
    return Array.isArray(unprocessed) && unprocessed.every(isUnprocessed) ? unprocessed : undefined;
  } catch {
    return undefined;
  }
}

/** Each field may be null or absent (UnprocessedTraceSegment in X-Ray's API reference). */
function isUnprocessed(one: unknown): one is Unprocessed {
  if (typeof one !== 'object' || one === null || Array.isArray(one)) return false;
  const { Id, ErrorCode, Message } = one as { [K in keyof Unprocessed]: unknown };
  return [Id, ErrorCode, Message].every((field) => (field ?? null) === null || typeof field === 'string');
}

/**
 * By id where X-Ray gives one. It gives none for a document that it could not read: where as many documents have no readable id
 * (or are left) as were refused so, those are the ones.
 */
function matchRefusals(
  items: readonly EncodedItem<Document>[],
  unprocessed: readonly Unprocessed[],
): ExportResult | undefined {
  const ids = items.map(({ value }) => idOf(value));
  const refused = new Map<number, Refusal>();
  const nameless = unprocessed.filter((one) => {
    const index = ids.findIndex(
      (id, at) => id !== undefined && id === one.Id?.toLowerCase() && !refused.has(at),
    );
    if (index >= 0) refused.set(index, toRefusal(index, one));
    return index < 0;
  });
  const left = [...ids.keys()].filter((index) => !refused.has(index));
  const unreadable = left.filter((index) => ids[index] === undefined);
  const meant = left.length === nameless.length ? left : unreadable;
  if (meant.length !== nameless.length) return undefined;
  nameless.forEach((one, at) => {
    const index = meant[at] as number;
    refused.set(index, toRefusal(index, one));
  });
  return { status: 'delivered', refused: [...refused.values()] };
}

/** Bisecting sends documents again that X-Ray has taken already: harmless, since it merges them by id. */
function unmatched(unprocessed: readonly Unprocessed[]): ExportResult {
  const { reason, vendor } = toRefusal(0, unprocessed.find(({ Id }) => !Id) ?? unprocessed[0] ?? {});
  return { status: 'rejected', reason, ...(vendor ? { vendor } : {}) };
}

/** X-Ray publishes no list of codes; these words stand for its own trouble, all others for the document's. */
const OWN_TROUBLE = /throttl|rate exceeded|internal|unavailable|timeout/i;

function toRefusal(index: number, one: Unprocessed): Refusal {
  const words = [one.ErrorCode, one.Message].filter(Boolean).join(' ');
  const vendor = { status: 200, body: JSON.stringify(one).slice(0, MAX_SHOWN_BYTES) };
  if (OWN_TROUBLE.test(words)) {
    const reason = {
      code: /throttl/i.test(words) ? ('throttled' as const) : ('partial' as const),
      message: `X-Ray could not take the document now (${words})`,
      fix: 'Nothing: it is sent again.',
    };
    return { index, retryable: true, reason, vendor };
  }
  const reason = {
    code: 'vendor_rejected' as const,
    message: `X-Ray refuses the document (${words})`,
    fix: 'Look at the dead letter.',
  };
  return { index, retryable: false, reason, vendor };
}

function idOf(document: Document): string | undefined {
  const id = parseSegment(documentOf(document))?.id;
  return typeof id === 'string' && id !== '' ? id.toLowerCase() : undefined;
}

const TOO_OLD: Reason = {
  code: 'too_old',
  message: 'the document was received longer ago than the 30 days that X-Ray keeps traces',
  fix: 'Lower SIDECAST_MAX_AGE; the dead letter holds the document.',
};
