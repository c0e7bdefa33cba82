// Part of the sandbox: Rollbar's endpoint for items.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../model/clock.ts';
import { everySecond, type Fault } from '../faults.ts';
import type { Store } from '../store.ts';
import {
  type Answer,
  asObject,
  header,
  jsonAnswer,
  parseObject,
  type Vendor,
  type VendorRequest,
} from '../vendor.ts';
import { itemProblem } from './item.ts';
import { RateWindow } from './rate-window.ts';

/** What Rollbar's own libraries cut a payload down to. */
export const MAX_PAYLOAD_BYTES = 512 * 1024;

/** `tokens` undefined: every token of a project token's shape is known. */
export function createRollbar(
  store: Store,
  tokens: readonly string[] | undefined,
  itemsPerMinute: number,
  clock: Clock,
): Vendor {
  const isRefusedInPart = everySecond();
  const window = new RateWindow(itemsPerMinute, clock);

  const isKnown = (token: string) => (tokens ? tokens.includes(token) : /^[0-9a-f]{32}$/.test(token));

  function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
    return jsonAnswer(status, { err: 1, message }, { ...window.headers(), ...headers });
  }

  function tokenProblem(
    request: VendorRequest,
    payload: Readonly<Record<string, unknown>>,
  ): Answer | undefined {
    const token = header(request, 'x-rollbar-access-token') ?? payload['access_token'];
    if (typeof token !== 'string' || token === '') return refusal(401, 'access token required');
    return isKnown(token) ? undefined : refusal(403, 'invalid access token');
  }

  function take(data: Readonly<Record<string, unknown>>, fault: Fault): Answer {
    const problem = itemProblem(data);
    if (problem) return refusal(422, problem);
    const uuid = typeof data['uuid'] === 'string' ? data['uuid'] : randomUUID();
    if (fault.kind === 'poison' && fault.itemId === uuid)
      return refusal(fault.status ?? 422, 'the item cannot be processed');
    if (fault.kind === 'partial' && isRefusedInPart()) return refusal(422, 'the item was refused');
    // A repeated uuid is taken to be the same occurrence and discarded.
    if (!store.has(uuid)) store.add(uuid, () => ({ data }));
    return jsonAnswer(200, { err: 0, result: { id: null, uuid } }, window.headers());
  }

  return {
    destination: 'rollbar',
    claims: ({ path }) => (path === '/api/1/item/' ? 'items' : undefined),
    answer(request, fault) {
      if (request.method !== 'POST') return refusal(405, 'method not allowed', { allow: 'POST' });
      if (request.body.length > MAX_PAYLOAD_BYTES) return refusal(413, 'request entity too large');
      const payload = parseObject(request.body);
      if (!payload) return refusal(400, 'the body is not a JSON object');
      const unauthorized = tokenProblem(request, payload);
      if (unauthorized) return unauthorized;
      if (!window.take()) return refusal(429, 'over the rate limit');
      const data = asObject(payload['data']);
      return data ? take(data, fault) : refusal(422, 'data is required');
    },
    refuse(_request, status, retryAfter) {
      const seconds = retryAfter !== undefined && /^\d+$/.test(retryAfter) ? retryAfter : '1';
      const limited = { 'x-rate-limit-remaining': '0', 'x-rate-limit-remaining-seconds': seconds };
      return refusal(status, `sandbox fault ${status}`, {
        ...(status === 429 && limited),
        ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
      });
    },
  };
}
