// Part of the sandbox: one port for all four vendors. Finds the vendor a request is for, lets the fault act, sends the answer.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../model/clock.ts';
import type { DestinationId } from '../model/signals.ts';
import type { LogLine } from '../telemetry/logger.ts';
import type { Fault, FaultSwitches } from './faults.ts';
import type { Store } from './store.ts';
import { type Answer, jsonAnswer, type Vendor, type VendorRequest } from './vendor.ts';

/** Above every vendor's own limit, so that the vendors' 413 is what a client sees. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface Backend {
  vendors: readonly Vendor[];
  stores: Readonly<Record<DestinationId, Store>>;
  faults: FaultSwitches;
  /** Asked when no vendor claims a request. */
  otherwise(request: VendorRequest): Answer | undefined;
  clock: Clock;
  log: LogLine;
}

/** Undefined when the connection is to be cut instead of answered. */
type Decision = Answer | undefined;

export function createServer(backend: Backend): FastifyInstance {
  const app = Fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true, exposeHeadRoutes: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.all('/*', async (request, reply) => {
    const gone = new Promise<void>((resolve) => reply.raw.once('close', resolve));
    const decision = await decide(backend, vendorRequest(request), gone);
    if (decision) return send(reply, decision);
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  });
  return app;
}

/** `gone` resolves when the client has left. */
async function decide(backend: Backend, request: VendorRequest, gone: Promise<void>): Promise<Decision> {
  for (const vendor of backend.vendors) {
    const purpose = vendor.claims(request);
    if (purpose === undefined) continue;
    const store = backend.stores[vendor.destination];
    if (purpose === 'items') store.countRequest();
    const decision = await underFault(backend, vendor, request, gone);
    const status = decision?.status ?? 0;
    if (purpose === 'items' && status !== 200) store.countRefused();
    backend.log('debug', 'sandbox_request', 'answered a request', {
      destination: vendor.destination,
      status,
    });
    return decision;
  }
  return backend.otherwise(request) ?? jsonAnswer(404, { message: 'no vendor has this endpoint' });
}

async function underFault(
  { faults, clock }: Backend,
  vendor: Vendor,
  request: VendorRequest,
  gone: Promise<void>,
): Promise<Decision> {
  const fault = faults[vendor.destination].current;
  const change = faults[vendor.destination].change();
  try {
    switch (fault.kind) {
      case 'status':
        return vendor.refuse(request, fault.status, retryAfterText(fault));
      case 'reset':
        return undefined;
      case 'hang':
        await Promise.race([change.happened, gone]);
        return undefined;
      case 'slow':
        // A client that leaves meanwhile is not noticed: vendors take what they have read.
        await Promise.race([change.happened, delay(clock, fault.delayMs)]);
        return vendor.answer(request, fault);
      default:
        return vendor.answer(request, fault);
    }
  } finally {
    change.forget();
  }
}

const delay = (clock: Clock, delayMs: number) =>
  new Promise<void>((resolve) => {
    clock.schedule(delayMs, resolve);
  });

const retryAfterText = ({ retryAfter }: Extract<Fault, { kind: 'status' }>) =>
  retryAfter === undefined ? undefined : String(retryAfter);

function vendorRequest(request: FastifyRequest): VendorRequest {
  const { method = 'GET', url = '/', headers, rawHeaders } = request.raw;
  const cut = url.indexOf('?');
  return {
    method,
    path: cut < 0 ? url : url.slice(0, cut),
    query: cut < 0 ? '' : url.slice(cut + 1),
    headers,
    rawHeaders,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  };
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .send(typeof body === 'string' ? body : Buffer.from(body));
}
