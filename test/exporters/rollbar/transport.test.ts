// Part of the tests: exporters/rollbar/transport: a row for each answer.
import { describe, expect, it } from 'vitest';
import { check } from '../../../src/exporters/rollbar/check.ts';
import { offReason, options, type RollbarConfig } from '../../../src/exporters/rollbar/config.ts';
import { encode } from '../../../src/exporters/rollbar/encoder.ts';
import { create } from '../../../src/exporters/rollbar/index.ts';
import { createTransport } from '../../../src/exporters/rollbar/transport.ts';
import { type HttpAnswer, type HttpClient, HttpError, type HttpRequest } from '../../../src/http/client.ts';
import { Secret } from '../../../src/model/secret.ts';
import { ManualClock } from '../../support/records.ts';
import { all, context, decoded, holding, itemOf, NOW_MS, never, record, traces } from '../records.ts';
import { attributes, exception, group, span } from '../spans.ts';

const config: RollbarConfig = {
  accessToken: new Secret('t0ken'),
  environment: 'production',
  serverRoot: '/app/',
  handledLevel: 'warning',
  maxPerMinute: 60,
  errorLogs: 'off',
  endpoint: new URL('https://api.rollbar.com/api/1/item/'),
};
const OK = { status: 200, body: { err: 0, result: { uuid: 'x' } } };

function rollbar(
  answer: { status: number; body?: unknown; headers?: HttpAnswer['headers'] } | Error,
): HttpClient & { requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  return {
    requests,
    async request(request) {
      requests.push(request);
      if (answer instanceof Error) throw answer;
      const { status, headers = {}, body } = answer;
      return {
        status,
        headers,
        body: Buffer.from(
          typeof body === 'string' ? body : JSON.stringify(body ?? { err: 1, message: 'why' }),
        ),
      };
    },
    close: async () => undefined,
  };
}

const item = () =>
  encode(traces('python-otel/02-traces-batch-2-errors.bin'), context('rollbar').decoder).items[0]!;
const send = (answer: Parameters<typeof rollbar>[0], one = item()) =>
  createTransport(config, { ...context('rollbar'), http: rollbar(answer) })([one], never);

describe(createTransport, () => {
  it('posts the item with the token in a header and nowhere else', async () => {
    const http = rollbar(OK);

    const result = await createTransport(config, { ...context('rollbar'), http })([item()], never);

    const [request] = http.requests;
    const body = Buffer.from(request?.body as Uint8Array).toString();
    expect(result).toEqual({ status: 'delivered', refused: [] });
    expect(request).toMatchObject({
      method: 'POST',
      url: config.endpoint,
      headers: { 'x-rollbar-access-token': 't0ken', 'content-type': 'application/json' },
    });
    expect(JSON.parse(body)).toMatchObject({
      data: {
        environment: 'production',
        server: { root: '/app' },
        uuid: item().value.uuid,
        body: { trace: { exception: { class: 'ValueError' } } },
      },
    });
    expect(body).not.toContain('t0ken');
  });

  it.each([
    [200, 'rejected', 'vendor_rejected'],
    [400, 'rejected', 'vendor_rejected'],
    [401, 'blocked', 'unauthorized'],
    [403, 'blocked', 'forbidden'],
    [404, 'blocked', 'misdirected'],
    [307, 'blocked', 'misdirected'],
    [413, 'rejected', 'too_large'],
    [422, 'rejected', 'vendor_rejected'],
    [429, 'retryable', 'throttled'],
    [500, 'retryable', 'vendor_unavailable'],
    [503, 'retryable', 'vendor_unavailable'],
  ])('takes %d with an error as %s (%s)', async (status, outcome, code) => {
    const result = await send({ status });

    expect(result).toMatchObject({
      status: outcome,
      vendor: { status, body: '{"err":1,"message":"why"}' },
      reason: { code, message: expect.stringContaining(`${status}: why`), fix: expect.stringMatching(/\.$/) },
    });
    expect(JSON.stringify(result)).not.toContain('t0ken');
  });

  it('cuts an item that Rollbar finds too large, and sends it again under the same uuid', async () => {
    const http = rollbar(OK);
    const large = { ...item() };
    large.value = { ...large.value, attributes: attributes({ 'http.body': 'x'.repeat(300_000) }) };
    const answer = http.request;
    http.request = async (request) => {
      const taken = await answer(request);
      const isTooLarge = (request.body as Uint8Array).length > 100_000;
      return isTooLarge ? { status: 413, headers: {}, body: Buffer.from('<html>too large</html>') } : taken;
    };

    const result = await createTransport(config, { ...context('rollbar'), http })([large], never);

    expect(result).toEqual({ status: 'delivered', refused: [] });
    const bodies = http.requests.map(({ body }) => Buffer.from(body as Uint8Array));
    expect(bodies.map((body) => body.length > 100_000)).toEqual([true, false]);
    const uuids = bodies.map((body) => JSON.parse(body.toString()).data.uuid);
    expect(uuids).toEqual([large.value.uuid, large.value.uuid]);
  });

  it('gives up an item that stays too large, with the size that it was cut to', async () => {
    const large = { ...item() };
    large.value = { ...large.value, attributes: attributes({ 'http.body': 'x'.repeat(300_000) }) };
    const http = rollbar({ status: 413 });

    const result = await createTransport(config, { ...context('rollbar'), http })([large], never);

    const smallest = Math.min(...http.requests.map(({ body }) => (body as Uint8Array).length));
    expect(smallest).toBeLessThanOrEqual(32 * 1024);
    expect(result).toMatchObject({
      status: 'rejected',
      vendor: { status: 413 },
      reason: { code: 'too_large', message: expect.stringContaining(`${smallest} bytes`) },
    });
  });

  it('holds items when something else answers 200', async () => {
    expect(await send({ status: 200, body: '<html>' })).toMatchObject({
      status: 'blocked',
      reason: { code: 'misdirected' },
    });
  });

  it.each([
    [{ 'x-rate-limit-remaining-seconds': '42' }, 42_000],
    [{ 'x-rate-limit-remaining-seconds': '42', 'retry-after': '1' }, 42_000],
    [{ 'x-rate-limit-remaining-seconds': '99999' }, 3_600_000],
    [{ 'retry-after': '7' }, 7_000],
    [{ 'x-rate-limit-remaining-seconds': '0' }, undefined],
    [{}, undefined],
  ])('waits as %j says', async (headers, waitMs) => {
    const result = await send({ status: 429, headers: headers as Record<string, string> });

    expect((result as { retryAfterMs?: number }).retryAfterMs).toBe(waitMs);
  });

  it('does not wait for the end of the window when something else failed', async () => {
    const result = await send({ status: 503, headers: { 'x-rate-limit-remaining-seconds': '42' } });

    expect((result as { retryAfterMs?: number }).retryAfterMs).toBeUndefined();
  });

  it('asks for the logs of the trace when it sends, and masks secrets in them', async () => {
    const http = rollbar(OK);
    const asked: string[] = [];
    const recentLogs = {
      async of(traceId: string) {
        asked.push(traceId);
        return [{ timeUnixNano: 1n, severityNumber: 9, text: 'login?password=s3cret' }];
      },
    };

    await createTransport(config, { ...context('rollbar'), http, recentLogs })([item()], never);

    const body = Buffer.from(http.requests[0]?.body as Uint8Array).toString();
    expect(asked).toEqual([item().value.traceId]);
    expect(JSON.parse(body).data.body.telemetry).toMatchObject([{ type: 'log', level: 'info' }]);
    expect(body).not.toContain('s3cret');
  });

  it('leaves the logs of the trace out first, where Rollbar finds an item too large', async () => {
    const log = { timeUnixNano: 1n, severityNumber: 9, text: 'x'.repeat(1000) };
    const recentLogs = { of: async () => Array.from({ length: 100 }, () => log) };
    const http = rollbar({ status: 413 });

    await createTransport(config, { ...context('rollbar'), http, recentLogs })([item()], never);

    const [first, second] = http.requests.map(({ body }) =>
      JSON.parse(String(Buffer.from(body as Uint8Array))),
    );
    expect(first.data.body.telemetry.length).toBe(100);
    expect(second.data.body.telemetry).toBeUndefined();
    expect(second.data.body.trace).toEqual(first.data.body.trace);
  });

  it('asks for nothing while the rate limit is used up, and goes on when the window has ended', async () => {
    const clock = new ManualClock(NOW_MS);
    const headers = { 'x-rate-limit-remaining': '0', 'x-rate-limit-remaining-seconds': '42' };
    const http = rollbar({ ...OK, headers });
    const transport = createTransport(config, { ...context('rollbar'), clock, http });

    expect(await transport([item()], never)).toMatchObject({ status: 'delivered' });
    clock.advance(2_000);
    expect(await transport([item()], never)).toMatchObject({
      status: 'retryable',
      reason: { code: 'throttled' },
      retryAfterMs: 40_000,
      counts: false,
    });
    expect(http.requests.length).toBe(1);
    clock.advance(40_000);
    await transport([item()], never);
    expect(http.requests.length).toBe(2);
  });

  it.each([{ 'x-rate-limit-remaining': '1', 'x-rate-limit-remaining-seconds': '42' }, {}])(
    'goes on at once after %j',
    async (headers) => {
      const http = rollbar({ ...OK, headers: headers as Record<string, string> });
      const transport = createTransport(config, { ...context('rollbar'), http });

      await transport([item()], never);
      await transport([item()], never);

      expect(http.requests.length).toBe(2);
    },
  );

  it('tries again after a failure of the network', async () => {
    expect(await send(new HttpError('refused', 'no'))).toMatchObject({
      status: 'retryable',
      counts: false,
      reason: { code: 'unreachable' },
    });
  });

  it('does not send what is too large however it is cut', async () => {
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, i]));
    const spans = [group([span({ events: [exception('E', 'm')], attributes: attributes(wide) })])];
    const [large] = encode(record('traces', new Uint8Array(), 1), decoded(holding(spans))).items;
    const http = rollbar(OK);

    const result = await createTransport(config, { ...context('rollbar'), http })(
      [itemOf(large!.value)],
      never,
    );

    expect([result, http.requests]).toMatchObject([
      { status: 'rejected', reason: { code: 'too_large' } },
      [],
    ]);
  });
});

describe(check, () => {
  const checked = (answer: Parameters<typeof rollbar>[0]) =>
    all(check(config, { ...context('rollbar'), http: rollbar(answer) }));

  it('passes when Rollbar misses nothing but the contents', async () => {
    expect(await checked({ status: 422 })).toEqual([
      { step: 'permission', status: 'ok', detail: 'may send items' },
    ]);
  });

  it('fails on a token that may not send', async () => {
    expect(await checked({ status: 403 })).toMatchObject([
      { status: 'failed', reason: { code: 'forbidden', fix: expect.stringContaining('post_server_item') } },
    ]);
  });
});

describe('the options', () => {
  it.each([
    ['https://api.rollbar.com', 'https://api.rollbar.com/api/1/item/'],
    ['https://api.rollbar.com/', 'https://api.rollbar.com/api/1/item/'],
    ['https://api.rollbar.com/api/1', 'https://api.rollbar.com/api/1/item/'],
    ['https://api.rollbar.com/api/1/', 'https://api.rollbar.com/api/1/item/'],
    ['https://api.rollbar.com/api/1/item/', 'https://api.rollbar.com/api/1/item/'],
    ['http://127.0.0.1:4320/rollbar/api/1/', 'http://127.0.0.1:4320/rollbar/api/1/item/'],
    ['http://127.0.0.1:4320/items', 'http://127.0.0.1:4320/items'],
  ])('complete %s to %s', (typed, url) => {
    expect(options.endpoint.schema.parse(typed).href).toBe(url);
  });

  it('leave Rollbar off without a token', () => {
    expect(offReason(config)).toBeUndefined();
    expect(offReason({ ...config, accessToken: undefined })).toMatchObject({
      code: 'not_configured',
      fix: expect.stringContaining('ROLLBAR_ACCESS_TOKEN'),
    });
  });
});

describe(create, () => {
  it('sends items one by one, at once, and knows no page of a trace', () => {
    const exporter = create(config, { ...context('rollbar'), http: rollbar(OK) });

    expect(exporter.limits).toMatchObject({ maxItems: 1, maxWaitMs: 0, concurrency: 4 });
    expect(exporter.traceUrl({ traceId: 'a', startUnixMs: 0, endUnixMs: 0 })).toBeUndefined();
  });
});
