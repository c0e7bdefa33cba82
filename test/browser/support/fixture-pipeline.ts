// Part of the tests: a pipeline with every light: on, retrying, blocked and off.
import type { Pipeline } from '../../../src/admin/api/shapes.ts';
import type { DestinationStatus, Status } from '../../../src/admin/status.ts';
import type { DestinationId } from '../../../src/model/signals.ts';

const startedMs = Date.now() - 3_600_000;

export function fixturePipeline(hasData: boolean): Pipeline {
  const nowMs = Date.now();
  const wave = (around: number) => (hasData ? around * (1 + 0.2 * Math.sin(nowMs / 9000 + around)) : 0);
  const flow = (deliveredPerSecond: number, queuedItems = 0) => ({
    acceptedPerSecond: wave(412),
    deliveredPerSecond: wave(deliveredPerSecond),
    queuedItems,
    queuedBytes: queuedItems * 612,
    oldestQueuedAgeMs: queuedItems > 0 ? 94_000 : null,
    retryAtMs: queuedItems > 400 ? nowMs + 12_000 - (nowMs % 12_000) : null,
    deadLetters: { letters: 0, reasons: [] },
  });
  return {
    nowMs,
    status: fixtureStatus(hasData),
    receivers: {
      otlp: { acceptedPerSecond: wave(340), refusedPerSecond: 0 },
      'aws-xray': { acceptedPerSecond: wave(72), refusedPerSecond: 0 },
    },
    destinations: {
      honeycomb: flow(412, hasData ? 6 : 0),
      'aws-xray': { ...flow(0, hasData ? 4120 : 0), deadLetters: { letters: 38, reasons: [] } },
      'aws-cloudwatch-logs': flow(0, hasData ? 512 : 0),
      rollbar: flow(0),
    },
    recent: { traces: hasData ? 2000 : 0, logs: 412, bytes: 21_400_000, maxBytes: 33_554_432, keepsOneIn: 1 },
  };
}

function fixtureStatus(hasData: boolean): Status {
  return {
    version: '0.1.0',
    startedAt: new Date(startedMs).toISOString(),
    listening: {
      otlp: ['0.0.0.0:4318'],
      xrayUdp: ['0.0.0.0:2000'],
      xrayTcp: ['0.0.0.0:2000'],
      admin: ['0.0.0.0:4319'],
    },
    journal: {
      mode: 'disk',
      dir: '/var/lib/sidecast/journal',
      bytes: 148_897_792,
      maxBytes: 1_073_741_824,
      fsync: 'interval',
      reason: null,
      since: null,
      memoryBytes: 0,
      maxMemoryBytes: 67_108_864,
      damagedRecords: 0,
    },
    redaction: {
      mode: 'mask',
      replaced: hasData ? { secret_name: 41_207, bearer_token: 312, card_number: 4 } : {},
    },
    routing: { mode: 'native', explanation: '', speakers: [], moreSpeakers: 0, sampling: {} },
    deadLetters: { dir: '/var/lib/sidecast/dead-letters', reason: null, since: null },
    receivers: {
      otlp: {
        accepted: hasData
          ? { spans: 1_204_113, logs: 88_410, metrics: 2_113 }
          : { spans: 0, logs: 0, metrics: 0 },
        refused: hasData ? { malformed: 2 } : {},
      },
      'aws-xray': {
        accepted: { segments: hasData ? 231_004 : 0 },
        refused: {},
        kernelDrops: 0,
        receiveBufferBytes: 8_388_608,
      },
    },
    destinations: hasData ? BUSY : quiet(),
    sampling: {} as Status['sampling'],
    advice: hasData
      ? [
          {
            code: 'document_near_limit',
            message:
              'a segment document of backend-flask is nearly as large as X-Ray takes them (61 of 64 KB)',
            fix: 'Put less metadata into it',
            since: new Date(startedMs).toISOString(),
            count: 12,
          },
        ]
      : [],
  };
}

const reasons = { skipped: {}, rejected: {}, dropped: {} };
const zero = { accepted: 0, delivered: 0, skipped: 0, sampled: 0, rejected: 0, dropped: 0, queued: 0 };
const since = new Date(Date.now() - 94_000).toISOString();

const BUSY: Record<DestinationId, DestinationStatus> = {
  honeycomb: {
    state: 'on',
    since,
    reason: null,
    counts: { ...zero, accepted: 1_525_640, delivered: 1_294_618, skipped: 231_004, dropped: 12, queued: 6 },
    reasons,
    oldestQueuedAgeMs: 200,
    heldUntil: null,
  },
  'aws-xray': {
    state: 'retrying',
    since,
    reason: {
      code: 'vendor_unavailable',
      message: 'AWS X-Ray answers 503',
      fix: 'Nothing to do: it is tried again, and nothing is lost until the journal is full.',
    },
    counts: {
      ...zero,
      accepted: 1_525_640,
      delivered: 1_430_959,
      skipped: 90_523,
      rejected: 38,
      queued: 4120,
    },
    reasons,
    oldestQueuedAgeMs: 94_000,
    heldUntil: new Date(Date.now() + 6 * 86_400_000).toISOString(),
  },
  'aws-cloudwatch-logs': {
    state: 'blocked',
    since,
    reason: {
      code: 'forbidden',
      message: 'CloudWatch Logs refuses logs:PutLogEvents for user/dev',
      fix: 'Allow logs:PutLogEvents and logs:CreateLogStream on the group in CLOUDWATCH_LOG_GROUP.',
    },
    counts: { ...zero, accepted: 1_525_640, delivered: 301_411, skipped: 1_223_717, queued: 512 },
    reasons,
    oldestQueuedAgeMs: 94_000,
    heldUntil: new Date(Date.now() + 6 * 86_400_000).toISOString(),
  },
  rollbar: {
    state: 'off',
    since,
    reason: {
      code: 'not_configured',
      message: 'no access token is set',
      fix: 'Set ROLLBAR_ACCESS_TOKEN to a post_server_item token.',
    },
    counts: zero,
    reasons,
    oldestQueuedAgeMs: null,
    heldUntil: null,
  },
};

function quiet(): Record<DestinationId, DestinationStatus> {
  const off = (name: string): DestinationStatus => ({
    ...BUSY.rollbar,
    reason: { code: 'not_configured', message: 'not set', fix: `Set ${name}.` },
  });
  return {
    honeycomb: { ...BUSY.honeycomb, counts: zero },
    'aws-xray': off('AWS_REGION and credentials'),
    'aws-cloudwatch-logs': off('CLOUDWATCH_LOG_GROUP'),
    rollbar: off('ROLLBAR_ACCESS_TOKEN'),
  };
}
