// Part of exporters/aws-xray: each minute X-Ray is told how many segments came and what became of them, as by the X-Ray daemon.
import { type ConnectionErrors, noConnectionErrors } from '../../aws/connection-errors.ts';
import type { TelemetryRecord, XRay } from '../../aws/xray.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../model/clock.ts';
import type { Component } from '../../model/component.ts';
import type { XRayConfig } from './config.ts';

export interface TelemetryOptions {
  config: Pick<XRayConfig, 'hostName' | 'instanceId' | 'resourceArn'>;
  /** Resolves once something may leave the process. */
  xray(): Promise<Pick<XRay, 'putTelemetryRecords' | 'connectionErrors'>>;
  ledger: Pick<Ledger, 'account' | 'receiver'>;
  clock: Clock;
}

/** As in the daemon (pkg/telemetry/telemetry.go): how often, how many records wait, and how many go in one call. */
const EVERY_MS = 60_000;
const MAX_WAITING = 30;
const MAX_RECORDS = 10;
/** At a shutdown this comes after the data, and must not hold the end up. */
const LAST_CALL_MS = 1000;

/** Nothing depends on it: a call that fails is made again a minute later, and nobody is told. */
export function createTelemetry({ config, xray, ledger, clock }: TelemetryOptions): Component {
  const waiting: TelemetryRecord[] = [];
  let noted: Totals | undefined;
  let hasSegments = false;
  let cancelTimer = () => {};

  async function note(before: Totals): Promise<void> {
    const { connectionErrors } = await xray();
    const totals = totalsOf(ledger, connectionErrors());
    if (noted) noted = totals;
    const record = recordOf(before, totals, clock.now());
    hasSegments ||= record.SegmentsReceivedCount > 0;
    // From then on each minute is told, zeros included.
    if (hasSegments) waiting.push(record);
    if (waiting.length > MAX_WAITING) waiting.shift();
  }

  async function tell(signal?: AbortSignal): Promise<void> {
    if (ledger.account('aws-xray')?.state === 'blocked') return;
    const place = placeOf(config);
    while (waiting.length > 0) {
      const records = waiting.slice(0, MAX_RECORDS);
      await (await xray()).putTelemetryRecords({ TelemetryRecords: records, ...place }, signal);
      waiting.splice(0, records.length);
    }
  }

  async function noteAndTell(before: Totals, signal?: AbortSignal): Promise<void> {
    try {
      await note(before);
      await tell(signal);
    } catch {
      // The records wait.
    }
  }

  async function onMinute(): Promise<void> {
    if (noted) await noteAndTell(noted);
    if (noted) cancelTimer = clock.schedule(EVERY_MS, () => void onMinute());
  }

  return {
    async start() {
      // What an earlier run left is in the books by now; that it came was told then.
      noted = totalsOf(ledger, noConnectionErrors());
      cancelTimer = clock.schedule(EVERY_MS, () => void onMinute());
    },
    async shutdown(deadline) {
      cancelTimer();
      const before = noted;
      noted = undefined;
      const late = new AbortController();
      const cancelLate = clock.schedule(LAST_CALL_MS, () => late.abort());
      const ended = AbortSignal.any([deadline, late.signal]);
      if (before && !ended.aborted) await Promise.race([noteAndTell(before, ended), aborted(ended)]);
      cancelLate();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

interface Totals {
  received: number;
  sent: number;
  spilt: number;
  rejected: number;
  errors: ConnectionErrors;
}

/** Segments that came, spans that are translated included; what other signals bring is not for X-Ray and skipped. */
function totalsOf(ledger: TelemetryOptions['ledger'], errors: ConnectionErrors): Totals {
  const {
    accepted = 0,
    skipped = 0,
    delivered = 0,
    dropped = 0,
    rejected = 0,
  } = ledger.account('aws-xray')?.counts ?? {};
  const { refused } = ledger.receiver('aws-xray');
  const { no_header = 0, bad_header = 0, empty_document = 0 } = refused;
  const noDocuments = no_header + bad_header + empty_document;
  const turnedAway = Object.values(refused).reduce((sum, count) => sum + count, 0);
  return {
    received: accepted - skipped + turnedAway,
    sent: delivered,
    spilt: dropped + turnedAway - noDocuments,
    rejected: rejected + noDocuments,
    errors: { ...errors },
  };
}

function recordOf(before: Totals, now: Totals, nowMs: number): TelemetryRecord {
  const errors = Object.entries(now.errors).map(([kind, count]) => [
    kind,
    count - before.errors[kind as keyof ConnectionErrors],
  ]);
  return {
    Timestamp: nowMs / 1000,
    SegmentsReceivedCount: now.received - before.received,
    SegmentsSentCount: now.sent - before.sent,
    SegmentsSpilloverCount: now.spilt - before.spilt,
    SegmentsRejectedCount: now.rejected - before.rejected,
    BackendConnectionErrors: Object.fromEntries(errors) as unknown as ConnectionErrors,
  };
}

function placeOf({ hostName, instanceId, resourceArn }: TelemetryOptions['config']) {
  return {
    ...(hostName && { Hostname: hostName }),
    ...(instanceId && { EC2InstanceId: instanceId }),
    ...(resourceArn && { ResourceARN: resourceArn }),
  };
}
