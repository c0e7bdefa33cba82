// Part of the tests: exporters/aws-xray/transport: a row for each answer.
import { describe, expect, it } from 'vitest';
import { options as awsOptions } from '../../../src/aws/config.ts';
import { AwsError, type AwsErrorKind } from '../../../src/aws/errors.ts';
import type { XRay } from '../../../src/aws/xray.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { check } from '../../../src/exporters/aws-xray/check.ts';
import { offReason, options } from '../../../src/exporters/aws-xray/config.ts';
import { documentOf, encode } from '../../../src/exporters/aws-xray/encoder.ts';
import { create } from '../../../src/exporters/aws-xray/index.ts';
import { traceUrl } from '../../../src/exporters/aws-xray/links.ts';
import { createTransport } from '../../../src/exporters/aws-xray/transport.ts';
import { HttpError, type HttpFailure } from '../../../src/http/client.ts';
import { GATHER_MS } from '../../../src/receivers/aws-xray/gather.ts';
import { all, context, NOW_MS, never, segments, traces } from '../records.ts';

const { clock } = context('aws-xray');

const unused = () => expect.unreachable();

function xrayAnswering(answer: unknown): XRay & { bodies: string[] } {
  const bodies: string[] = [];
  return {
    bodies,
    region: async () => 'eu-central-1',
    knownRegion: () => 'eu-central-1',
    accessKeyId: async () => 'AKIDEXAMPLE1234',
    async putTraceSegments(body) {
      bodies.push(Buffer.from(body).toString());
      if (answer instanceof Error) throw answer;
      return {
        status: 200,
        headers: {},
        body: Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)),
      };
    },
    getSamplingRules: unused,
    getSamplingTargets: unused,
    putTelemetryRecords: unused,
    connectionErrors: unused,
    close: async () => undefined,
  };
}

const documents = (...texts: string[]) => encode(segments(...texts)).items;
const [a, b] = [
  '{"id": "0a7dbaecd295fd29","subsegments":[{"id":"1111111111111111"}]}',
  '{"name":"x","id":"1670CA30B6F38A09"}',
];
const send = (answer: unknown, ...texts: string[]) =>
  createTransport(xrayAnswering(answer), clock)(documents(...texts), never);
const unprocessed = (...list: object[]) => ({ UnprocessedTraceSegments: list });

describe(createTransport, () => {
  it.each<[AwsErrorKind, string, string]>([
    ['no_credentials', 'blocked', 'no_credentials'],
    ['no_region', 'blocked', 'not_configured'],
    ['unauthorized', 'blocked', 'unauthorized'],
    ['forbidden', 'blocked', 'forbidden'],
    ['skewed', 'blocked', 'unauthorized'],
    ['throttled', 'retryable', 'throttled'],
    ['too_large', 'rejected', 'too_large'],
    ['invalid', 'rejected', 'vendor_rejected'],
    ['unavailable', 'retryable', 'vendor_unavailable'],
    ['not_found', 'blocked', 'misdirected'],
    ['exists', 'blocked', 'misdirected'],
    ['unexpected', 'blocked', 'misdirected'],
  ])('takes %s as %s (%s)', async (kind, status, code) => {
    const result = await send(
      new AwsError(kind, 'why', { code: 'SomeException', status: 499, body: 'x'.repeat(5000) }),
      a,
    );

    expect(result).toMatchObject({
      status,
      reason: {
        code,
        message: expect.stringContaining('499 SomeException why'),
        fix: expect.stringMatching(/\.$/),
      },
    });
    expect(result).toHaveProperty('vendor.body.length', 4096);
  });

  it.each<[HttpFailure, string, boolean]>([
    ['refused', 'unreachable', false],
    ['dns', 'unreachable', false],
    ['tls', 'unreachable', false],
    ['proxy', 'unreachable', false],
    ['aborted', 'unreachable', false],
    ['reset', 'unreachable', true],
    ['timeout', 'timeout', true],
  ])('tries again after %s', async (kind, code, counts) => {
    expect(await send(new HttpError(kind, 'why'), a)).toEqual({
      status: 'retryable',
      counts,
      reason: { code, message: 'why', fix: expect.any(String) },
    });
  });

  it('waits as long as X-Ray asks', async () => {
    const throttled = new AwsError('throttled', '', { status: 429, retryAfterMs: 3_000 });

    expect(await send(throttled, a)).toMatchObject({
      status: 'retryable',
      retryAfterMs: 3_000,
      counts: false,
    });
  });

  it('does not send what was received before the 30 days that X-Ray keeps', async () => {
    const xray = xrayAnswering({});
    const [old, recent] = documents(a, b);
    const items = [{ ...old!, timeUnixMs: NOW_MS - 30 * 86_400_000 - 1 }, recent!];

    const result = await createTransport(xray, clock)(items, never);

    expect(xray.bodies).toEqual([expect.stringContaining('1670CA30B6F38A09')]);
    expect(xray.bodies[0]).not.toContain('0a7dbaecd295fd29');
    expect(result).toMatchObject({
      status: 'delivered',
      refused: [{ index: 0, retryable: false, reason: { code: 'too_old' }, vendor: null }],
    });
  });

  it('does not hide a bug', async () => {
    await expect(send(new TypeError('bug'), a)).rejects.toThrow('bug');
  });

  it.each([[unprocessed()], [{}], ['']])('takes %j as delivered', async (answer) => {
    expect(await send(answer, a, b)).toEqual({ status: 'delivered', refused: [] });
  });

  it('holds everything when something else answers 200', async () => {
    expect(await send('<html>sign in</html>', a)).toMatchObject({
      status: 'blocked',
      reason: { code: 'misdirected' },
    });
  });

  it('finds unprocessed documents by id, whatever their spacing and case', async () => {
    const answer = unprocessed(
      { Id: '1670ca30b6f38a09', ErrorCode: 'InvalidTraceId', Message: 'too old' },
      { Id: '0a7dbaecd295fd29', ErrorCode: 'ThrottledException' },
    );

    expect(await send(answer, a, '{"id":"ffffffffffffffff"}', b)).toMatchObject({
      status: 'delivered',
      refused: [
        {
          index: 2,
          retryable: false,
          reason: { code: 'vendor_rejected', message: expect.stringContaining('InvalidTraceId too old') },
          vendor: { status: 200 },
        },
        { index: 0, retryable: true, reason: { code: 'throttled' } },
      ],
    });
  });

  it.each([
    ['ThrottlingException', '', true],
    ['429', 'Rate exceeded', true],
    ['InternalFailure', '', true],
    ['ServiceUnavailable', '', true],
    ['InvalidSegment', 'Trace Size Exceeded. Max trace size is 500 KB', false],
    ['InvalidName', 'Invalid segment. ErrorCode: InvalidName', false],
    ['SomethingNew', '', false],
  ])('sends a document that X-Ray calls %s %s again: %s', async (ErrorCode, Message, retryable) => {
    const answer = unprocessed({ Id: '0a7dbaecd295fd29', ErrorCode, Message });

    expect(await send(answer, a, b)).toMatchObject({
      status: 'delivered',
      refused: [{ index: 0, retryable, vendor: { body: expect.stringContaining(ErrorCode) } }],
    });
  });

  it('blames the one document that has no readable id for a refusal without id', async () => {
    expect(await send(unprocessed({ Id: null, ErrorCode: 'MissingId' }), a, 'not json', b)).toMatchObject({
      status: 'delivered',
      refused: [{ index: 1 }],
    });
  });

  it('blames the only document there is', async () => {
    expect(await send(unprocessed({ ErrorCode: 'InvalidSegment' }), a)).toMatchObject({
      status: 'delivered',
      refused: [{ index: 0, retryable: false }],
    });
  });

  it('lets delivery bisect when a refusal names no document', async () => {
    expect(await send(unprocessed({ ErrorCode: 'InvalidSegment' }), a, b)).toMatchObject({
      status: 'rejected',
      reason: { code: 'vendor_rejected' },
    });
  });
});

describe(check, () => {
  it.each([[unprocessed()], [new AwsError('invalid', 'empty', { status: 400 })]])(
    'passes on %s, with an empty call',
    async (answer) => {
      const xray = xrayAnswering(answer);

      expect(await all(check(xray))).toEqual([
        { step: 'identity', status: 'ok', detail: 'access key …1234, region eu-central-1' },
        { step: 'permission', status: 'ok', detail: 'may send segments' },
      ]);
      expect(xray.bodies).toEqual(['{"TraceSegmentDocuments":[]}']);
    },
  );

  it('says which step failed and how to mend it', async () => {
    const noKeys = {
      ...xrayAnswering({}),
      accessKeyId: () => Promise.reject(new AwsError('no_credentials', 'none')),
    };
    const denied = xrayAnswering(new AwsError('forbidden', 'no', { status: 403 }));

    expect(await all(check(noKeys))).toMatchObject([
      { step: 'identity', status: 'failed', reason: { code: 'no_credentials' } },
    ]);
    expect(await all(check(denied))).toMatchObject([
      { status: 'ok' },
      {
        step: 'permission',
        status: 'failed',
        reason: { code: 'forbidden', fix: expect.stringContaining('xray:PutTraceSegments') },
      },
    ]);
  });
});

describe(create, () => {
  const { xray, aws } = loadConfig({ xray: options, aws: awsOptions }, {}).values;
  const config = { ...xray, ...aws, region: 'us-east-1' };

  it('keeps the limits of PutTraceSegments', () => {
    const exporter = create(config, { ...context('aws-xray'), aws: { xray: xrayAnswering({}) } });

    expect(exporter.limits).toMatchObject({ maxItems: 50, maxBytes: 1_000_000, concurrency: 8 });
    // The daemon's own: no segment waits longer than a second, the receiver's gathering included.
    expect(exporter.limits.maxWaitMs + GATHER_MS).toBeLessThan(1000);
  });

  it('gives segments the annotations and the log groups that it was told', () => {
    const annotations = ['http.request.method', 'otel.resource.service.name'];
    const exporter = create(
      { ...config, annotations, logGroups: ['cruddur', 'cruddur-requests'] },
      { ...context('aws-xray'), aws: { xray: xrayAnswering({}) } },
    );

    const { items } = exporter.encode(traces('python-otel-auto/02-traces-stable-semconv.bin'));
    const made = items.map((item) => JSON.parse(Buffer.from(documentOf(item.value)).toString()));

    expect(made.filter(({ http, type }) => http && !type).length).toBeGreaterThan(0);
    for (const { aws, annotations: indexed } of made.filter(({ http, type }) => http && !type)) {
      expect(aws.cloudwatch_logs).toEqual([{ log_group: 'cruddur' }, { log_group: 'cruddur-requests' }]);
      expect(indexed).toMatchObject({
        http_request_method: 'GET',
        otel_resource_service_name: expect.any(String),
      });
    }
  });

  it('links to the console of the region and its partition', () => {
    const trace = { traceId: '5759e988bd862e3fe1be46a994272793', startUnixMs: 0, endUnixMs: 0 };

    expect(traceUrl('us-east-1', trace)).toBe(
      'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#xray:traces/1-5759e988-bd862e3fe1be46a994272793',
    );
    expect(traceUrl('cn-north-1', trace)).toContain('cn-north-1.console.amazonaws.cn');
    expect(traceUrl(undefined, trace)).toBeUndefined();
  });

  it('links to the console of a region that was found later, once it is', () => {
    const xray = xrayAnswering({});
    const trace = { traceId: '5759e988bd862e3fe1be46a994272793', startUnixMs: 0, endUnixMs: 0 };
    let region: string | undefined;
    const aws = { xray: { ...xray, knownRegion: () => region } };
    const exporter = create({ ...config, region: undefined }, { ...context('aws-xray'), aws });

    expect(exporter.traceUrl(trace)).toBeUndefined();
    region = 'ap-south-1';
    expect(exporter.traceUrl(trace)).toContain('//ap-south-1.console.aws.amazon.com/');
  });

  it.each([
    ['auto', 'us-east-1', undefined],
    ['auto', undefined, 'AWS_REGION'],
    ['on', undefined, undefined],
    ['off', 'us-east-1', 'SIDECAST_XRAY'],
  ] as const)('with SIDECAST_XRAY=%s and region %s, is off for want of %s', (use, region, missing) => {
    const reason = offReason({ ...config, use, region });

    expect(reason?.code).toBe(missing && 'not_configured');
    expect(reason?.fix ?? '').toContain(missing ?? '');
  });
});
