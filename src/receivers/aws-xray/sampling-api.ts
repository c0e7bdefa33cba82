// Part of receivers/aws-xray: the two sampling calls of the X-Ray SDKs, answered at once with the Default rule. An SDK
// that gets no answer to its first one runs on its built-in rule for five minutes.
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { Clock } from '../../model/clock.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** Longer than the 60 s for which clients and load balancers keep idle connections. */
const KEEP_ALIVE_MS = 75_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** X-Ray's own Default: one request a second and 5 % of the rest. */
const FIXED_RATE = 0.05;
const RESERVOIR_SIZE = 1;
const QUOTA_TTL_SECONDS = 300;
const REPORT_INTERVAL_SECONDS = 10;

/** Nothing here waits for AWS. The server does not listen yet. */
export function createSamplingApi(clock: Clock): FastifyInstance {
  const api = fastify({
    bodyLimit: MAX_BODY_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  });
  // SDKs send `{}`, `{"NextToken": null}`, nothing, and no content type; none of it matters for the rules.
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  // In the past: a time in the future would make SDKs fetch the rules every 10 s.
  const modifiedAt = Math.floor(clock.now() / 1000) - 1;
  const rules = rulesAnswer(modifiedAt);
  api.post('/GetSamplingRules', (_request, reply) => send(reply, 200, rules));
  api.post('/SamplingTargets', (request, reply) => {
    const ruleNames = askedRuleNames(request.body);
    if (!ruleNames) return send(reply, 400, { message: 'The body is not a GetSamplingTargets request.' });
    return send(reply, 200, targetsAnswer(ruleNames, Math.floor(clock.now() / 1000), modifiedAt));
  });
  api.setNotFoundHandler((_request, reply) =>
    send(reply, 403, {
      message: 'Sidecast answers POST /GetSamplingRules and POST /SamplingTargets here, and nothing else.',
    }),
  );
  api.setErrorHandler<{ statusCode?: number; message: string }>((error, _request, reply) =>
    send(reply, error.statusCode ?? 500, { message: error.message }),
  );
  return api;
}

function send(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  // Bytes, because fastify would add a charset to text, and AWS sends none.
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(body)));
}

/** Every member that one of the SDKs insists on, integers without a fraction, times as epoch seconds. */
function rulesAnswer(modifiedAt: number): unknown {
  const SamplingRule = {
    RuleName: 'Default',
    RuleARN: 'arn:aws:xray:us-east-1:000000000000:sampling-rule/Default',
    ResourceARN: '*',
    Priority: 10_000,
    FixedRate: FIXED_RATE,
    ReservoirSize: RESERVOIR_SIZE,
    ServiceName: '*',
    ServiceType: '*',
    Host: '*',
    HTTPMethod: '*',
    URLPath: '*',
    Version: 1,
    Attributes: {},
  };
  return { NextToken: null, SamplingRuleRecords: [{ CreatedAt: 0, ModifiedAt: modifiedAt, SamplingRule }] };
}

function targetsAnswer(ruleNames: readonly string[], nowSeconds: number, modifiedAt: number): unknown {
  return {
    SamplingTargetDocuments: ruleNames.map((RuleName) => ({
      RuleName,
      FixedRate: FIXED_RATE,
      ReservoirQuota: RESERVOIR_SIZE,
      ReservoirQuotaTTL: nowSeconds + QUOTA_TTL_SECONDS,
      Interval: REPORT_INTERVAL_SECONDS,
    })),
    LastRuleModification: modifiedAt,
    UnprocessedStatistics: [],
  };
}

/** Each name once; [] for an empty body; undefined for what is no JSON object. */
function askedRuleNames(body: unknown): string[] | undefined {
  try {
    const request: unknown = JSON.parse(typeof body === 'string' && body.trim() !== '' ? body : '{}');
    if (typeof request !== 'object' || request === null) return undefined;
    const statistics = (request as { SamplingStatisticsDocuments?: unknown }).SamplingStatisticsDocuments;
    const names = (Array.isArray(statistics) ? statistics : []).map((document) => document?.RuleName);
    return [...new Set(names.filter((name): name is string => typeof name === 'string'))];
  } catch {
    return undefined;
  }
}
