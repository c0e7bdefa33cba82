// Part of the sandbox: Honeycomb's OTLP endpoints, /1/auth and markers.
import type { OtlpSignal } from '../../model/signals.ts';
import { everySecond, type Fault } from '../faults.ts';
import type { Store } from '../store.ts';
import { type Answer, header, jsonAnswer, parseObject, type Vendor, type VendorRequest } from '../vendor.ts';
import { type Format, formatOf, readBody } from './body.ts';
import { type Item, itemsOf } from './items.ts';
import { describeKey, kindOfKey } from './keys.ts';
import { overLimit } from './limits.ts';
import { EXPORT_RESPONSE, RPC_STATUS } from './schema.ts';

const SIGNAL_OF_PATH: Readonly<Record<string, OtlpSignal>> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
};

const MARKERS = '/1/markers/';

/** `keys` undefined: every key of a valid shape is known. */
export function createHoneycomb(store: Store, keys: readonly string[] | undefined): Vendor {
  const isRefusedInPart = everySecond();

  /** Why the key does not open this endpoint (husky, ValidateHeaders). */
  function keyProblem(request: VendorRequest, signal: OtlpSignal | undefined): string | undefined {
    const key = header(request, 'x-honeycomb-team') ?? '';
    if (key === '') return "missing 'x-honeycomb-team' header";
    const kind = kindOfKey(key);
    if (kind === 'unknown' || (keys && !keys.includes(key)))
      return 'unknown API key - check your credentials';
    const needsDataset = kind === 'classic' && (signal === 'traces' || signal === 'metrics');
    return needsDataset && !header(request, 'x-honeycomb-dataset')
      ? "missing 'x-honeycomb-dataset' header"
      : undefined;
  }

  function auth(request: VendorRequest): Answer {
    if (request.method !== 'GET') return methodNotAllowed('GET');
    const problem = keyProblem(request, undefined);
    return problem
      ? jsonAnswer(401, { error: problem })
      : jsonAnswer(200, describeKey(header(request, 'x-honeycomb-team') ?? ''));
  }

  /** An ingest key cannot have the permission Manage Markers (API documentation, "Markers"). */
  function marker(request: VendorRequest): Answer {
    if (request.method !== 'POST') return methodNotAllowed('POST');
    const problem = keyProblem(request, undefined);
    const key = header(request, 'x-honeycomb-team') ?? '';
    if (problem || key.startsWith('hc')) return jsonAnswer(401, { error: problem ?? 'no permission' });
    const body = parseObject(request.body);
    return body ? jsonAnswer(201, { id: 'sandbox', ...body }) : jsonAnswer(400, { error: 'no JSON object' });
  }

  function take(
    request: VendorRequest,
    format: Format,
    signal: OtlpSignal,
    items: Item[],
    fault: Fault,
  ): Answer {
    const reasons: string[] = [];
    for (const item of items) {
      const reason =
        fault.kind === 'partial' && isRefusedInPart() ? 'the event was refused' : overLimit(item);
      if (reason) reasons.push(reason);
      else store.add(item.id, () => describe(request, signal, item));
    }
    store.countRefused(reasons.length);
    return success(request, format, signal, reasons);
  }

  return {
    destination: 'honeycomb',
    claims({ path }) {
      if (Object.hasOwn(SIGNAL_OF_PATH, path)) return 'items';
      return path === '/1/auth' || path.startsWith(MARKERS) ? 'other' : undefined;
    },
    answer(request, fault) {
      const signal = SIGNAL_OF_PATH[request.path];
      if (!signal) return request.path === '/1/auth' ? auth(request) : marker(request);
      if (request.method !== 'POST') return methodNotAllowed('POST');
      const format = formatOf(request);
      if (!format) return failure(request, 415, 'unsupported content type');
      const problem = keyProblem(request, signal);
      if (problem) return failure(request, 401, problem);
      const body = readBody(request, signal, format);
      if (body.refusal) return failure(request, body.refusal.status, body.refusal.message);
      const items = itemsOf(signal, body.message);
      if (fault.kind === 'poison' && items.some(({ id }) => id === fault.itemId)) {
        return failure(request, fault.status ?? 400, 'the request holds an event that cannot be processed');
      }
      return take(request, format, signal, items, fault);
    },
    refuse(request, status, retryAfter) {
      const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
      if (!Object.hasOwn(SIGNAL_OF_PATH, request.path))
        return jsonAnswer(status, { error: `sandbox fault ${status}` }, headers);
      return failure(request, status, `sandbox fault ${status}`, headers);
    },
  };
}

const methodNotAllowed = (allow: string): Answer => ({ status: 405, headers: { allow }, body: '' });

/** The key itself is not kept: people may point real keys here by mistake. */
function describe(request: VendorRequest, signal: OtlpSignal, { readable, resource, scope }: Item): unknown {
  const keyTail = header(request, 'x-honeycomb-team')?.slice(-4);
  return { signal, keyTail, dataset: header(request, 'x-honeycomb-dataset'), ...readable, resource, scope };
}

const REJECTED_KEY: Readonly<Record<OtlpSignal, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

/** In the request's content type; partial_success only when something was refused (OTLP specification). */
function success(
  request: VendorRequest,
  format: Format,
  signal: OtlpSignal,
  reasons: readonly string[],
): Answer {
  const headers = { 'content-type': header(request, 'content-type') ?? '' };
  const [errorMessage] = reasons;
  if (format === 'json') {
    const partialSuccess = { [REJECTED_KEY[signal]]: String(reasons.length), errorMessage };
    return { status: 200, headers, body: JSON.stringify(errorMessage ? { partialSuccess } : {}) };
  }
  const message = errorMessage ? { partialSuccess: { rejected: reasons.length, errorMessage } } : {};
  return { status: 200, headers, body: EXPORT_RESPONSE.encode(EXPORT_RESPONSE.fromObject(message)).finish() };
}

/** google.rpc.Code for the statuses that occur. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};

/** google.rpc.Status in the request's content type; as JSON where that is not one of the three. */
function failure(
  request: VendorRequest,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const rpcStatus = { code: RPC_CODES[status] ?? 13, message };
  if (formatOf(request) !== 'protobuf') return jsonAnswer(status, rpcStatus, headers);
  const type = header(request, 'content-type') ?? '';
  return {
    status,
    headers: { 'content-type': type, ...headers },
    body: RPC_STATUS.encode(RPC_STATUS.create(rpcStatus)).finish(),
  };
}
