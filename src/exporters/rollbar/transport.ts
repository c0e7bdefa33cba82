// Part of exporters/rollbar: one item, and what each answer means.
import type { RecentLogs } from '../../correlation/recent-logs.ts';
import type { EncodedItem, ExportResult } from '../../delivery/exporter.ts';
import { MAX_SHOWN_BYTES, type Meaning, resultOf } from '../../delivery/meaning.ts';
import { sendWithKey } from '../../delivery/with-key.ts';
import { type HttpAnswer, type HttpClient, HttpError } from '../../http/client.ts';
import { retryAfterMs } from '../../http/retry-after.ts';
import { unanswered } from '../../http/unanswered.ts';
import type { Clock } from '../../model/clock.ts';
import type { Reason } from '../../model/reasons.ts';
import type { RollbarConfig } from './config.ts';
import { toItem } from './item.ts';
import type { Occurrence } from './occurrence.ts';
import { finisher, MAX_PAYLOAD_BYTES } from './payload.ts';
import { createRateWindow, type RateWindow, rateLimitMs } from './rate-window.ts';

export interface TransportContext {
  http: HttpClient;
  clock: Clock;
  version: string;
  recentLogs?: Pick<RecentLogs, 'of'>;
}

export type Transport = (
  items: readonly EncodedItem<Occurrence>[],
  signal: AbortSignal,
) => Promise<ExportResult>;

export const MISDIRECTED: Meaning = {
  status: 'blocked',
  code: 'misdirected',
  message: 'the answer does not look like Rollbar',
  fix: 'Check ROLLBAR_ENDPOINT and HTTPS_PROXY.',
};
const SERVER_ERROR: Meaning = {
  status: 'retryable',
  code: 'vendor_unavailable',
  message: 'Rollbar answers with a server error',
  fix: 'Nothing: it is sent again.',
};
/** 200 with `err`: Rollbar has read the item and does not want it. */
const REFUSED: Meaning = {
  status: 'rejected',
  code: 'vendor_rejected',
  message: 'Rollbar refuses the item',
  fix: 'Look at the dead letter.',
};

export const meanings = (token: RollbarConfig['accessToken']): Readonly<Record<number, Meaning>> => ({
  400: { ...REFUSED, message: 'Rollbar cannot read the item' },
  401: {
    status: 'blocked',
    code: 'unauthorized',
    message: 'Rollbar refuses the token',
    fix: token?.remedy('a token of the project') ?? '',
  },
  403: {
    status: 'blocked',
    code: 'forbidden',
    message: 'the Rollbar token may not send items',
    fix: token?.remedy('a token with the scope post_server_item') ?? '',
  },
  413: {
    status: 'rejected',
    code: 'too_large',
    message: 'Rollbar finds the item too large',
    fix: 'Record fewer or shorter attributes on the span.',
  },
  422: { ...REFUSED, message: 'Rollbar finds the item invalid' },
  429: {
    status: 'retryable',
    code: 'throttled',
    message: 'Rollbar asks to slow down',
    fix: "Nothing: it is sent again. Raise the token's rate limit if it stays.",
  },
});

const TIMEOUT_MS = 10_000;

/** What Rollbar finds too large is cut further: first its own libraries' limit, then what any proxy lets pass. */
const SIZES_BYTES = [MAX_PAYLOAD_BYTES, 128 * 1024, 32 * 1024];

export function createTransport(config: RollbarConfig, context: TransportContext): Transport {
  const window = createRateWindow(context.clock);
  return async ([item], signal) => {
    if (!item) return { status: 'delivered', refused: [] };
    const closed = window.closed();
    if (closed) return closed;
    const finish = await finisher();
    const { traceId } = item.value;
    const recentLogs = traceId === '' ? undefined : await context.recentLogs?.of(traceId);
    let refused: ExportResult = { status: 'rejected', reason: TOO_LARGE };
    let sentBytes = Number.POSITIVE_INFINITY;
    for (const maxBytes of SIZES_BYTES) {
      if (maxBytes >= sentBytes) continue;
      // Made here rather than in the encoder: parsing and scrubbing a stack takes a millisecond, and a record may hold hundreds.
      // What only helps goes first.
      const helpful = maxBytes === MAX_PAYLOAD_BYTES ? { recentLogs } : {};
      const body = finish(toItem(item.value, { ...config, version: context.version, ...helpful }), maxBytes);
      if (!body) return refused;
      const result = await post(config, context, body, signal, window);
      if (result.status !== 'rejected' || result.reason.code !== 'too_large') return result;
      const message = `${result.reason.message}, also when it is cut to ${body.length} bytes`;
      refused = { ...result, reason: { ...TOO_LARGE, message } };
      sentBytes = body.length;
    }
    return refused;
  };
}

/** As it is first tried: scrubbed and cut. */
export async function shownItem(
  occurrence: Occurrence,
  { environment }: RollbarConfig,
  { version }: Pick<TransportContext, 'version'>,
): Promise<unknown> {
  const body = (await finisher())(toItem(occurrence, { environment, version }));
  return body && (JSON.parse(Buffer.from(body).toString('utf8')) as unknown);
}

/** Also for the check. */
export async function post(
  config: RollbarConfig,
  { http, clock, version }: TransportContext,
  body: Uint8Array,
  signal?: AbortSignal,
  window?: RateWindow,
): Promise<ExportResult> {
  const send = async (token: string): Promise<ExportResult> => {
    const answer = await http.request({
      method: 'POST',
      url: config.endpoint,
      headers: {
        'content-type': 'application/json',
        'x-rollbar-access-token': token,
        'user-agent': `sidecast/${version}`,
      },
      body,
      timeoutMs: TIMEOUT_MS,
      ...(signal ? { signal } : {}),
    });
    window?.read(answer.headers);
    return readAnswer(answer, meanings(config.accessToken), clock.now());
  };
  try {
    return await sendWithKey(config.accessToken, send);
  } catch (error) {
    if (error instanceof HttpError) return { status: 'retryable', ...unanswered(error) };
    throw error;
  }
}

function readAnswer(
  answer: HttpAnswer,
  meaningOf: Readonly<Record<number, Meaning>>,
  nowMs: number,
): ExportResult {
  const shown = Buffer.from(answer.body).toString('utf8', 0, MAX_SHOWN_BYTES);
  const said = readBody(shown);
  if (answer.status === 200 && said?.err === 0) return { status: 'delivered', refused: [] };
  const meaning =
    answer.status === 200
      ? said
        ? REFUSED
        : MISDIRECTED
      : (meaningOf[answer.status] ?? (answer.status >= 500 ? SERVER_ERROR : MISDIRECTED));
  const words = [answer.status, said?.message].filter(Boolean).join(': ');
  // Every answer tells when the window ends; only one that refuses for its sake means: wait until then.
  const windowMs = answer.status === 429 ? rateLimitMs(answer.headers) : undefined;
  const waitMs = windowMs ?? retryAfterMs(answer.headers, nowMs);
  return resultOf(meaning, words, { status: answer.status, body: shown }, waitMs);
}

/** `{"err":0,"result":{…}}` or `{"err":1,"message":"…"}`; undefined for anything else. */
function readBody(text: string): { err: unknown; message: string } | undefined {
  try {
    const { err, message } = JSON.parse(text) as { err?: unknown; message?: unknown };
    return err === undefined ? undefined : { err, message: typeof message === 'string' ? message : '' };
  } catch {
    return undefined;
  }
}

const TOO_LARGE: Reason = {
  code: 'too_large',
  message: `the item is larger than the ${MAX_PAYLOAD_BYTES} bytes that Rollbar takes, also when it is cut`,
  fix: 'Record fewer or shorter attributes on the span.',
};
