// Part of receivers/aws-xray: the two sampling calls of the X-Ray SDKs, answered at once from memory. An SDK that gets no answer
// to its first one runs on its built-in rule for five minutes, and Java's waits no longer than two seconds.
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { capConnections } from '../../model/connection-cap.ts';
import { WITHOUT_SCHEMAS } from '../../model/fastify-options.ts';
import { plainAddress } from '../../model/peer.ts';
import type { Sampling } from '../../sampling/index.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** Longer than the 60 s for which clients and load balancers keep idle connections. */
const KEEP_ALIVE_MS = 75_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** SDKs keep one or two a process. */
const MAX_CONNECTIONS = 1024;

export type SamplingAnswers = Pick<Sampling, 'rulesAnswer' | 'targetsAnswer'>;

/** Nothing here waits for AWS, and nothing that a client sends reaches AWS as it is. The server does not listen yet. */
export function createSamplingApi(
  sampling: SamplingAnswers,
  onPoll: (peer: string) => void = () => undefined,
): FastifyInstance {
  const api = fastify({
    ...WITHOUT_SCHEMAS,
    bodyLimit: MAX_BODY_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  });
  capConnections(api.server, MAX_CONNECTIONS);
  // SDKs send `{}`, `{"NextToken": null}`, nothing, and any content type or none; fastify would refuse a malformed one.
  api.addHook('onRequest', (request, _reply, done) => {
    delete request.raw.headers['content-type'];
    done();
  });
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  api.post('/GetSamplingRules', (request, reply) => {
    onPoll(plainAddress(request.ip));
    return send(reply, 200, sampling.rulesAnswer());
  });
  api.post('/SamplingTargets', (request, reply) => {
    onPoll(plainAddress(request.ip));
    const answer = sampling.targetsAnswer(typeof request.body === 'string' ? request.body : '');
    if (answer) return send(reply, 200, answer);
    return send(reply, 400, message('The body is not a GetSamplingTargets request.'));
  });
  // The daemon (3.7.0) refuses whatever else its port is asked, in this form.
  api.setNotFoundHandler((_request, reply) =>
    send(
      reply,
      403,
      message('Sidecast answers POST /GetSamplingRules and POST /SamplingTargets here, and nothing else.'),
    ),
  );
  api.setErrorHandler<{ statusCode?: number; message: string }>((error, _request, reply) =>
    send(reply, error.statusCode ?? 500, message(error.message)),
  );
  return api;
}

const message = (text: string): Buffer => Buffer.from(JSON.stringify({ message: text }));

/** `body` as bytes, because fastify would add a charset to text, and AWS sends none. */
function send(reply: FastifyReply, status: number, body: Buffer): FastifyReply {
  return reply.code(status).header('content-type', 'application/json').send(body);
}
