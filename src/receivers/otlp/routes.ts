// Part of receivers/otlp: which request goes where, and what each outcome is answered with.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { WITHOUT_SCHEMAS } from '../../model/fastify-options.ts';
import type { ReasonCode } from '../../model/reasons.ts';
import type { Secret } from '../../model/secret.ts';
import type { OtlpSignal } from '../../model/signals.ts';
import { MalformedError } from '../../protocols/otlp/malformed.ts';
import { encodeExportResponse, StatusCodes } from '../../protocols/otlp/status.ts';
import type { LogLine } from '../../telemetry/logger.ts';
import { discardBody, GoneError } from './body.ts';
import { addCorsHeaders, originFilter } from './cors.ts';
import { malformed, Refusal } from './refusal.ts';
import { answer, encodingOf, refuse } from './respond.ts';
import { type TakeOptions, take } from './take.ts';
import { createTally } from './tally.ts';
import { tokenCheck } from './token.ts';

export interface RoutesOptions extends TakeOptions {
  corsOrigins: readonly string[];
  ingestToken?: Secret | undefined;
  log: LogLine;
  /** While true, answers ask the client to close its connection. */
  isClosing(): boolean;
}

/** An endpoint variable without a path makes SDKs POST to `/`. */
const SIGNALS: Readonly<Record<string, OtlpSignal | undefined>> = {
  '/': undefined,
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
};

export function buildRoutes(options: RoutesOptions): FastifyInstance {
  const { intake, log, isClosing } = options;
  const tally = createTally(log, options.clock);
  const checkToken = tokenCheck(options.ingestToken);
  const app = Fastify({
    ...WITHOUT_SCHEMAS,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  });
  // Bodies are read in `take`, behind admission: the parser only lets them pass.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  if (options.corsOrigins.length > 0) {
    const allows = originFilter(options.corsOrigins);
    app.addHook('onRequest', (request, reply, done) => {
      addCorsHeaders(request, reply, allows);
      done();
    });
  }
  for (const [path, signal] of Object.entries(SIGNALS)) {
    app.post(path, (request, reply) => exportRequest(signal, request, reply));
    app.options(path, (_request, reply) => reply.code(204).header('allow', 'POST, OPTIONS').send());
    app.route({
      method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
      url: path,
      handler: (request, reply) => turnAway(methodNotAllowed(), request, reply),
    });
  }
  app.setNotFoundHandler((request, reply) => turnAway(notFound(request), request, reply));
  app.setErrorHandler((error, request, reply) => turnAway(error, request, reply));
  return app;

  async function exportRequest(
    signal: OtlpSignal | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const type = encodingOf(request.headers['content-type']);
    try {
      checkToken(request.headers.authorization);
      if (!type) throw badContentType();
      const taken = await take(request.raw, signal, type, options);
      if (taken.partial) {
        const { rejected, crowded, message } = taken.partial;
        refuseItems('bad_id', rejected - crowded, message);
        refuseItems('too_many_fields', crowded, message);
      }
      if (isClosing()) reply.header('connection', 'close');
      return answer(reply, 200, type, encodeExportResponse(taken.signal, taken.partial, type));
    } catch (error) {
      return turnAway(error, request, reply);
    }
  }

  function refuseItems(reason: ReasonCode, items: number, message: string): void {
    if (items === 0) return;
    intake.refuse('otlp', reason, items);
    tally.refused(reason, 200, items, message);
  }

  async function turnAway(
    error: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    if (error instanceof GoneError) return reply.hijack();
    const refusal = refusalOf(error);
    if (refusal.reason) {
      intake.refuse('otlp', refusal.reason, refusal.items);
      tally.refused(refusal.reason, refusal.status, refusal.items, refusal.message);
    }
    const isRead = await discardBody(request.raw).catch(() => undefined);
    if (isRead === undefined) return reply.hijack();
    if (!isRead || isClosing()) reply.header('connection', 'close');
    return refuse(reply, refusal, encodingOf(request.headers['content-type']));
  }

  function refusalOf(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    if (error instanceof MalformedError) return malformed(error.message);
    if ((error as { code?: unknown }).code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return badContentType();
    log('error', 'internal_error', 'a bug in the OTLP receiver; the client was answered 500', {
      err: String(error),
    });
    return new Refusal(500, StatusCodes.INTERNAL, 'internal', 'a bug in sidecast: see its log');
  }
}

function badContentType(): Refusal {
  const message = 'the content type is neither application/x-protobuf nor application/json';
  return new Refusal(415, StatusCodes.INVALID_ARGUMENT, 'bad_content_type', message);
}

function methodNotAllowed(): Refusal {
  const message =
    'OTLP is sent with POST; the page for people is on the admin port (SIDECAST_ADMIN_PORT, 4319)';
  return new Refusal(405, StatusCodes.UNIMPLEMENTED, undefined, message, { allow: 'POST' });
}

function notFound(request: FastifyRequest): Refusal {
  const path = request.url.split('?', 1)[0]!.slice(0, 100);
  const message = `there is no ${path}: send OTLP to /v1/traces, /v1/logs or /v1/metrics`;
  return new Refusal(
    404,
    StatusCodes.NOT_FOUND,
    request.method === 'POST' ? 'malformed' : undefined,
    message,
  );
}
