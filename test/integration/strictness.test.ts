// Part of the tests: whatever is valid comes through the whole program, and nothing of it is refused by vendors as strict as the real ones.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Span } from '../../src/model/otlp.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { encodeTraces } from '../../src/protocols/otlp/encode.ts';
import type { Segment } from '../../src/protocols/xray/segment.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTraffic } from '../../src/sandbox/traffic/traffic.ts';
import { nodesOf, odd, tree } from '../protocols/xray/any-segment.ts';
import { attributes, span } from '../protocols/xray/any-span.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';

/** Chosen at random; a failure names it, and it can be set here. */
const SEED = Math.floor(Math.random() * 2 ** 31);
const SPANS = 400;
const SPANS_PER_REQUEST = 8;
const SEGMENTS = 200;
const MINUTE_MS = 60_000;

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = await startSandbox();
  // Honeycomb waits five minutes for the end of what is in progress.
  app = await startTestApp({ ...settingsOf(sandbox), HONEYCOMB_UNFINISHED_AFTER: '1s' });
});
afterEach(async () => {
  await app.shutdown('test');
  await sandbox.close();
});

/** CloudWatch Logs takes 14 days, so every time is moved into the last minute. */
function spanOfNow(made: Span): Span {
  const minuteAgo = BigInt(Date.now() - MINUTE_MS) * 1_000_000n;
  const recent = (time: bigint) => minuteAgo + (time % (BigInt(MINUTE_MS) * 1_000_000n));
  const { startTimeUnixNano: start, endTimeUnixNano: end, events } = made;
  return {
    ...made,
    startTimeUnixNano: recent(start),
    endTimeUnixNano: end === 0n ? 0n : recent(end),
    events: events.map((event) => ({ ...event, timeUnixNano: recent(event.timeUnixNano) })),
  };
}

function documentOfNow(root: Segment): Segment {
  const minuteAgo = (Date.now() - MINUTE_MS) / 1000;
  const recent = (time: unknown) => minuteAgo + (Number(time) % (MINUTE_MS / 1000));
  const moved = (part: Segment): Segment => ({
    ...part,
    start_time: recent(part.start_time),
    ...(part.end_time !== undefined && {
      end_time: Math.max(recent(part.start_time), recent(part.end_time)),
    }),
    subsegments: ((part.subsegments ?? []) as Segment[]).map(moved),
  });
  return moved(root);
}

/** Everything is settled, and no vendor and no limit refused any of it. */
async function expectNothingRefused(
  accepted: number,
  at: readonly DestinationId[] = DESTINATION_IDS,
): Promise<void> {
  const { destinations } = await eventually(
    () => app.status(),
    (status) =>
      DESTINATION_IDS.every(
        (id) =>
          status.destinations[id].counts.accepted >= accepted && status.destinations[id].counts.queued === 0,
      ),
    60_000,
  );
  for (const id of at) {
    const { counts, reasons } = destinations[id];
    expect([id, counts.rejected, counts.dropped, reasons.rejected]).toEqual([id, 0, 0, {}]);
    // CloudWatch Logs refuses the first request to a group or stream that is not there yet; then it is made.
    if (id !== 'aws-cloudwatch-logs') expect([id, sandbox.counts()[id].refused]).toEqual([id, 0]);
  }
}

const ALL_ONCE = { missing: [], duplicated: [] };

describe('whatever is valid is taken', () => {
  it(`as spans, in ${SPANS} ways (seed ${SEED})`, async () => {
    const spans = fc.sample(span, { seed: SEED, numRuns: SPANS }).map(spanOfNow);
    const resources = fc.sample(attributes, { seed: SEED, numRuns: SPANS / SPANS_PER_REQUEST });
    const scope = { name: 'lab', version: '1', attributes: new Map() };
    for (const [index, resource] of resources.entries()) {
      const some = spans.slice(index * SPANS_PER_REQUEST, (index + 1) * SPANS_PER_REQUEST);
      const answer = await fetch(`${app.otlpUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: encodeTraces([{ resource: { attributes: resource }, scope, spans: some }]),
      });
      expect([answer.status, await answer.text()]).toEqual([200, '']);
    }

    await expectNothingRefused(SPANS);
    const ids = spans.map(({ traceId, spanId }) => `${traceId}:${spanId}`);
    expect(sandbox.audit('honeycomb', ids)).toEqual(ALL_ONCE);
    const documents = spans.map(({ spanId }) => spanId);
    expect(sandbox.audit('aws-xray', documents)).toEqual(ALL_ONCE);
  });

  it(`as X-Ray documents, in ${SEGMENTS} ways (seed ${SEED})`, async () => {
    const documents = fc.sample(tree(odd), { seed: SEED, numRuns: SEGMENTS }).map(documentOfNow);
    await sendDatagrams(app.xrayPort, documents.map(datagramOf));

    // What is odd in them goes to X-Ray as it came: that is for X-Ray to judge.
    await expectNothingRefused(SEGMENTS, ['honeycomb', 'aws-cloudwatch-logs', 'rollbar']);
    const spans = documents.flatMap((root) =>
      nodesOf(root).map(({ id }) => `${String(root.trace_id).slice(2).replace('-', '')}:${id}`),
    );
    expect(sandbox.audit('honeycomb', spans).missing).toEqual([]);
  });
});

it('generated traffic comes through whole: each span, log record and segment once', async () => {
  const traffic = startTraffic({
    otlpUrl: app.otlpUrl,
    xrayHost: '127.0.0.1',
    xrayPort: app.xrayPort,
    requestsPerSecond: 100,
  });
  await eventually(
    () => traffic.summary().requests,
    (requests) => requests >= 200,
  );
  const { ids, spans, logs, segments, dropped } = await traffic.stop();

  expect(dropped).toBe(0);
  await expectNothingRefused(spans + logs + segments);
  const documents = [...ids.segments, ...ids.spans.map((id) => id.split(':')[1] ?? '')];
  expect(sandbox.audit('honeycomb', [...ids.spans, ...ids.logs])).toEqual(ALL_ONCE);
  expect(sandbox.audit('aws-xray', documents)).toEqual(ALL_ONCE);
  expect(sandbox.audit('aws-cloudwatch-logs', ids.logs)).toEqual(ALL_ONCE);
});
