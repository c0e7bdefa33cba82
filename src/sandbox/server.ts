// Part of the sandbox: one port for all four vendors. Finds the vendor a request is for, lets the fault act, sends the answer.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../model/clock.ts';
import { WITHOUT_SCHEMAS } from '../model/fastify-options.ts';
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

/** `cut`: the connection ends instead of the answer, or in the middle of it. */
interface Decision {
  answer: Answer | undefined;
  cut: boolean;
}

const CUT: Decision = { answer: undefined, cut: true };

export function createServer(backend: Backend): FastifyInstance {
  const app = Fastify({
    ...WITHOUT_SCHEMAS,
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('preParsing', (request, reply, payload, done) => {
    const store = cutInBody(backend, vendorRequest(request));
    if (!store) return done(null, payload);
    payload.once('data', () => {
      store.countRequest();
      store.countRefused();
      cut(reply);
    });
  });
  app.all('/*', async (request, reply) => {
    const gone = new Promise<void>((resolve) => reply.raw.once('close', resolve));
    const decision = await decide(backend, vendorRequest(request), gone);
    if (decision.answer && !decision.cut) return send(reply, decision.answer);
    cut(reply, decision.answer);
    return reply;
  });
  return app;
}

/** The books of the destination, when its fault is to cut the connection while a body with items arrives. */
function cutInBody({ vendors, stores, faults }: Backend, request: VendorRequest): Store | undefined {
  const vendor = vendors.find((candidate) => candidate.claims(request) === 'items');
  if (!vendor) return undefined;
  const fault = faults[vendor.destination].current;
  return fault.kind === 'reset' && fault.at === 'body' ? stores[vendor.destination] : undefined;
}

/** Resets the connection, after an answer that lacks its last byte when there is one. */
function cut(reply: FastifyReply, answer?: Answer): void {
  reply.hijack();
  const { socket } = reply.request.raw;
  if (!answer) {
    socket.resetAndDestroy();
    return;
  }
  const body = Buffer.concat([Buffer.from(answer.body), Buffer.from(' ')]);
  reply.raw.writeHead(answer.status, { ...answer.headers, 'content-length': body.length + 1 });
  reply.raw.write(body, () => socket.resetAndDestroy());
}

/** `gone` resolves when the client has left. */
async function decide(backend: Backend, request: VendorRequest, gone: Promise<void>): Promise<Decision> {
  for (const vendor of backend.vendors) {
    const purpose = vendor.claims(request);
    if (purpose === undefined) continue;
    const store = backend.stores[vendor.destination];
    if (purpose === 'items') store.countRequest();
    const decision = await underFault(backend, vendor, request, gone);
    const status = decision.answer?.status ?? 0;
    if (purpose === 'items' && status !== 200) store.countRefused();
    backend.log('debug', 'sandbox_request', 'answered a request', {
      destination: vendor.destination,
      status,
    });
    return decision;
  }
  const other = backend.otherwise(request) ?? jsonAnswer(404, { message: 'no vendor has this endpoint' });
  return { answer: other, cut: false };
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
        return whole(vendor.refuse(request, fault.status, retryAfterText(fault)));
      case 'html':
        return whole(WEB_PAGE);
      case 'reset':
        return fault.at === 'answer' ? { answer: vendor.answer(request, fault), cut: true } : CUT;
      case 'hang':
        await Promise.race([change.happened, gone]);
        return CUT;
      case 'slow':
        // A client that leaves meanwhile is not noticed: vendors take what they have read.
        await Promise.race([change.happened, delay(clock, fault.delayMs)]);
        return whole(vendor.answer(request, fault));
      default:
        return whole(vendor.answer(request, fault));
    }
  } finally {
    change.forget();
  }
}

const whole = (answer: Answer): Decision => ({ answer, cut: false });

const WEB_PAGE: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><html><head><title>Sign in</title></head><body>Sign in to use this network.</body></html>',
};

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
