// Part of the tests: every fault does what DESIGN section 2 says, at one destination and not at the others.
import { once } from 'node:events';
import http from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/model/clock.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import {
  callLogs,
  item,
  postItem,
  postToHoneycomb,
  putSegments,
  STREAM,
  sandboxForTest,
  sandboxWithStream,
  segment,
  TRACE_ID,
  traceRequest,
} from './helpers.ts';

const SPAN_IDS = ['d599803fd07b3a92', '4cbf5f1d3b219b5f', '24b5be34205bf35f', '6a71ab68d7306b7e'];
const spans = traceRequest(SPAN_IDS.map((spanId) => ({ spanId })));
const segments = SPAN_IDS.map((id) => segment({ id }));
const logEvents = SPAN_IDS.map((event_id) => ({
  timestamp: Date.now(),
  message: JSON.stringify({ event_id }),
}));
const putEvents = (sandbox: Sandbox) => callLogs(sandbox, 'PutLogEvents', { ...STREAM, logEvents });

describe('the fault status', () => {
  it('answers as each vendor words it, with Retry-After in seconds', async () => {
    const sandbox = await sandboxWithStream();
    const fault = { kind: 'status', status: 429, retryAfter: 7 } as const;
    for (const id of ['honeycomb', 'aws-xray', 'aws-cloudwatch-logs', 'rollbar'] as const)
      sandbox.setFault(id, fault);

    const honeycomb = await postToHoneycomb(sandbox, spans);
    expect(honeycomb.status).toBe(429);
    expect(honeycomb.headers.get('retry-after')).toBe('7');
    expect(honeycomb.headers.get('content-type')).toBe('application/x-protobuf');

    const xray = await putSegments(sandbox, segments);
    expect(xray.status).toBe(429);
    expect(xray.headers.get('x-amzn-errortype')).toBe('ThrottledException');

    const logs = await putEvents(sandbox);
    expect(logs.status).toBe(400);
    expect(await logs.json()).toMatchObject({ __type: 'ThrottlingException' });

    const rollbar = await postItem(sandbox, item());
    expect(rollbar.status).toBe(429);
    expect(rollbar.headers.get('x-rate-limit-remaining-seconds')).toBe('7');
    for (const counts of Object.values(sandbox.counts()))
      expect(counts).toMatchObject({ items: 0, refused: 1 });
  });

  it('passes a Retry-After that is a date on as it is', async () => {
    const sandbox = await sandboxForTest();
    const retryAfter = 'Fri, 22 Mar 2030 18:37:53 GMT';
    sandbox.setFault('honeycomb', { kind: 'status', status: 503, retryAfter });
    const response = await postToHoneycomb(sandbox, spans);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, retryAfter]);
  });

  it.each([
    [401, 'UnrecognizedClientException'],
    [403, 'AccessDeniedException'],
    [413, 'RequestEntityTooLargeException'],
    [500, 'InternalFailure'],
    [503, 'ServiceUnavailableException'],
  ])('gives AWS a name for %i', async (status, code) => {
    const sandbox = await sandboxWithStream();
    sandbox.setFault('aws-xray', { kind: 'status', status });
    sandbox.setFault('aws-cloudwatch-logs', { kind: 'status', status });
    expect((await putSegments(sandbox, segments)).headers.get('x-amzn-errortype')).toBe(code);
    expect(await (await putEvents(sandbox)).json()).toMatchObject({ __type: code });
  });

  it('leaves the other destinations alone and ends when it is taken back', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('honeycomb', { kind: 'status', status: 500 });
    expect((await putSegments(sandbox, segments)).status).toBe(200);
    sandbox.setFault('honeycomb', { kind: 'none' });
    expect((await postToHoneycomb(sandbox, spans)).status).toBe(200);
  });
});

describe('the fault hang', () => {
  it('never answers; the connection ends when the fault changes, and nothing was taken', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('honeycomb', { kind: 'hang' });
    let settled = false;
    const outcome = postToHoneycomb(sandbox, spans)
      .catch(() => 'cut')
      .finally(() => {
        settled = true;
      });
    await vi.waitUntil(() => sandbox.waiting('honeycomb') === 1);
    // The other destinations answer meanwhile.
    expect((await putSegments(sandbox, segments)).status).toBe(200);
    expect(settled).toBe(false);
    sandbox.setFault('honeycomb', { kind: 'none' });
    expect(await outcome).toBe('cut');
    expect(sandbox.counts().honeycomb).toEqual({ requests: 1, items: 0, uniqueItems: 0, refused: 1 });
  });

  it('lets go of a request whose client has left', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('rollbar', { kind: 'hang' });
    const leaving = new AbortController();
    const outcome = fetch(`${sandbox.url}/api/1/item/`, {
      method: 'POST',
      body: '{}',
      signal: leaving.signal,
    });
    const left = outcome.catch(() => 'left');
    await vi.waitUntil(() => sandbox.waiting('rollbar') === 1);
    leaving.abort();
    expect(await left).toBe('left');
    await vi.waitUntil(() => sandbox.waiting('rollbar') === 0);
  });

  it('does not keep the sandbox from closing', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('rollbar', { kind: 'hang' });
    const outcome = postItem(sandbox, item()).catch(() => 'cut');
    await vi.waitUntil(() => sandbox.waiting('rollbar') === 1);
    await sandbox.close();
    expect(await outcome).toBe('cut');
  });
});

describe('the fault reset', () => {
  it('cuts the connection of every request', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('rollbar', { kind: 'reset' });
    await expect(postItem(sandbox, item())).rejects.toThrow();
    expect(sandbox.counts().rollbar).toEqual({ requests: 1, items: 0, uniqueItems: 0, refused: 1 });
  });

  it('cuts it before the body is there, when asked to', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('rollbar', { kind: 'reset', at: 'body' });
    const request = http.request(`${sandbox.url}/api/1/item/`, { method: 'POST' });
    const failed = once(request, 'error');
    request.write('{"data":');

    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(sandbox.counts().rollbar).toEqual({ requests: 1, items: 0, uniqueItems: 0, refused: 1 });
    // Requests without items have no body to be cut in, and the other destinations are as before.
    expect((await putSegments(sandbox, segments)).status).toBe(200);
  });

  it.each(['honeycomb', 'rollbar'] as const)(
    'cuts it in the middle of an answer of %s that took everything, when asked to',
    async (destination) => {
      const sandbox = await sandboxForTest();
      sandbox.setFault(destination, { kind: 'reset', at: 'answer' });
      const response = await (destination === 'rollbar'
        ? postItem(sandbox, item())
        : postToHoneycomb(sandbox, spans));

      expect(response.status).toBe(200);
      await expect(response.arrayBuffer()).rejects.toThrow();
      expect(sandbox.counts()[destination].items).toBe(destination === 'rollbar' ? 1 : 4);
    },
  );
});

describe('the fault html', () => {
  it('answers 200 with a web page, and takes nothing', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('honeycomb', { kind: 'html' });
    const response = await postToHoneycomb(sandbox, spans);

    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(await response.text()).toContain('<html>');
    expect(sandbox.counts().honeycomb).toMatchObject({ requests: 1, items: 0 });
  });
});

describe('the fault slow', () => {
  it('answers after the delay', async () => {
    const timers: { delayMs: number; run: () => void }[] = [];
    const clock: Clock = {
      now: systemClock.now,
      schedule(delayMs, run) {
        timers.push({ delayMs, run });
        return () => {};
      },
    };
    const sandbox = await sandboxForTest({ clock });
    sandbox.setFault('honeycomb', { kind: 'slow', delayMs: 5000 });
    const response = postToHoneycomb(sandbox, spans);
    await vi.waitUntil(() => timers.length === 1);
    expect(timers[0]?.delayMs).toBe(5000);
    expect(sandbox.counts().honeycomb.items).toBe(0);
    timers[0]?.run();
    expect((await response).status).toBe(200);
    expect(sandbox.counts().honeycomb.items).toBe(4);
  });
});

describe('the fault partial', () => {
  it('refuses every second span, without names', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('honeycomb', { kind: 'partial' });
    const body = JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ spans: SPAN_IDS.map((spanId) => ({ traceId: TRACE_ID, spanId })) }] }],
    });
    const response = await postToHoneycomb(sandbox, body, { 'content-type': 'application/json' });
    expect(await response.json()).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: expect.any(String) },
    });
    expect(sandbox.counts().honeycomb).toEqual({ requests: 1, items: 2, uniqueItems: 2, refused: 2 });
  });

  it.each([
    [undefined, 'InvalidSegment'],
    [429, 'ThrottledException'],
  ])('with status %s leaves every second segment unprocessed as %s', async (status, ErrorCode) => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('aws-xray', { kind: 'partial', status });
    expect(await (await putSegments(sandbox, segments)).json()).toMatchObject({
      UnprocessedTraceSegments: [
        { Id: SPAN_IDS[1], ErrorCode },
        { Id: SPAN_IDS[3], ErrorCode },
      ],
    });
    expect(sandbox.audit('aws-xray', SPAN_IDS).missing).toEqual([SPAN_IDS[1], SPAN_IDS[3]]);
  });

  it('refuses the first half of a batch of log events', async () => {
    const sandbox = await sandboxWithStream();
    sandbox.setFault('aws-cloudwatch-logs', { kind: 'partial' });
    expect(await (await putEvents(sandbox)).json()).toMatchObject({
      rejectedLogEventsInfo: { tooOldLogEventEndIndex: 2 },
    });
    expect(sandbox.audit('aws-cloudwatch-logs', SPAN_IDS).missing).toEqual(SPAN_IDS.slice(0, 2));
  });

  it('refuses every second Rollbar item', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('rollbar', { kind: 'partial' });
    const statuses: number[] = [];
    for (const uuid of SPAN_IDS) statuses.push((await postItem(sandbox, item({ uuid }))).status);
    expect(statuses).toEqual([200, 422, 200, 422]);
  });
});

describe('the fault poison', () => {
  it('fails the whole request that holds the item, and no other', async () => {
    const sandbox = await sandboxWithStream();
    const itemId = SPAN_IDS[2] ?? '';
    sandbox.setFault('honeycomb', { kind: 'poison', itemId: `${TRACE_ID}:${itemId}` });
    for (const id of ['aws-xray', 'aws-cloudwatch-logs', 'rollbar'] as const)
      sandbox.setFault(id, { kind: 'poison', itemId });

    expect((await postToHoneycomb(sandbox, spans)).status).toBe(400);
    expect((await postToHoneycomb(sandbox, traceRequest([{ spanId: SPAN_IDS[0] ?? '' }]))).status).toBe(200);
    const xray = await putSegments(sandbox, segments);
    expect([xray.status, xray.headers.get('x-amzn-errortype')]).toEqual([400, 'InvalidRequestException']);
    expect((await putSegments(sandbox, segments.slice(0, 2))).status).toBe(200);
    expect(await (await putEvents(sandbox)).json()).toMatchObject({ __type: 'InvalidParameterException' });
    expect((await postItem(sandbox, item({ uuid: itemId }))).status).toBe(422);
    expect((await postItem(sandbox, item())).status).toBe(200);

    const missing = ['aws-xray', 'aws-cloudwatch-logs', 'rollbar'] as const;
    for (const id of missing) expect(sandbox.audit(id, [itemId]).missing).toEqual([itemId]);
  });

  it('fails it with a status, when one is given', async () => {
    const sandbox = await sandboxWithStream();
    const itemId = SPAN_IDS[2] ?? '';
    sandbox.setFault('honeycomb', { kind: 'poison', itemId: `${TRACE_ID}:${itemId}`, status: 500 });
    for (const id of ['aws-xray', 'aws-cloudwatch-logs', 'rollbar'] as const)
      sandbox.setFault(id, { kind: 'poison', itemId, status: 500 });

    expect((await postToHoneycomb(sandbox, spans)).status).toBe(500);
    expect((await putSegments(sandbox, segments)).status).toBe(500);
    expect((await putEvents(sandbox)).status).toBe(500);
    expect((await postItem(sandbox, item({ uuid: itemId }))).status).toBe(500);
    expect((await postItem(sandbox, item())).status).toBe(200);
  });
});
