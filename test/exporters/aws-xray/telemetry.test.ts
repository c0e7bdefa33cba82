// Part of the tests: exporters/aws-xray/telemetry: what X-Ray is told each minute, and that nothing depends on it.
import { describe, expect, it } from 'vitest';
import { noConnectionErrors } from '../../../src/aws/connection-errors.ts';
import { AwsError } from '../../../src/aws/errors.ts';
import type { TelemetryRequest } from '../../../src/aws/xray.ts';
import { createTelemetry } from '../../../src/exporters/aws-xray/telemetry.ts';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { ManualClock } from '../../support/records.ts';

const MINUTE_MS = 60_000;
const NOBODY = { hostName: undefined, instanceId: undefined, resourceArn: undefined };
const turns = () => new Promise((resolve) => setTimeout(resolve, 0));

function rig(config: Partial<typeof NOBODY> | Record<string, string> = {}) {
  const clock = new ManualClock();
  const ledger = new Ledger();
  ledger.open('aws-xray', clock.now());
  const errors = noConnectionErrors();
  const requests: TelemetryRequest[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const vendor = { answer: async () => {} };
  const telemetry = createTelemetry({
    config: { ...NOBODY, ...config },
    clock,
    ledger,
    xray: async () => ({
      async putTelemetryRecords(request, signal) {
        requests.push(structuredClone(request));
        signals.push(signal);
        await vendor.answer();
      },
      connectionErrors: () => ({ ...errors }),
    }),
  });
  return {
    ...{ clock, ledger, errors, requests, signals, vendor, telemetry },
    records: () => requests.flatMap(({ TelemetryRecords }) => TelemetryRecords),
    async minute() {
      clock.advance(MINUTE_MS);
      await turns();
    },
  };
}

describe(createTelemetry, () => {
  it('says nothing before a segment came, and then something each minute', async () => {
    const { telemetry, ledger, requests, minute, records } = rig();
    await telemetry.start();
    await minute();
    // Logs and metrics are not for X-Ray.
    ledger.accept('aws-xray', 7);
    ledger.settle('aws-xray', 'skipped', 7, 'signal_unsupported');
    await minute();
    expect(requests).toEqual([]);

    ledger.accept('aws-xray', 1);
    await minute();
    await minute();

    expect(records().map(({ SegmentsReceivedCount }) => SegmentsReceivedCount)).toEqual([1, 0]);
  });

  it('tells what came and what became of it in that minute', async () => {
    const { telemetry, ledger, errors, minute, records, clock, requests } = rig({
      hostName: 'ip-10-0-0-1',
      instanceId: 'i-0123456789abcdef0',
      resourceArn: 'arn:aws:ec2:x',
    });
    // What an earlier run left.
    ledger.accept('aws-xray', 100);
    await telemetry.start();
    const act = (times: number) => {
      ledger.accept('aws-xray', 10 * times);
      ledger.settle('aws-xray', 'delivered', 5 * times);
      ledger.settle('aws-xray', 'rejected', 2 * times, 'vendor_rejected');
      ledger.settle('aws-xray', 'dropped', times, 'max_age');
      ledger.refused('aws-xray', 'bad_header', 3 * times);
      ledger.refused('aws-xray', 'overloaded', 4 * times);
      errors.HTTPCode5XXCount += times;
      errors.TimeoutCount += 2 * times;
    };
    act(1);
    await minute();
    act(2);
    await minute();

    const record = {
      SegmentsReceivedCount: 17,
      SegmentsSentCount: 5,
      SegmentsSpilloverCount: 5,
      SegmentsRejectedCount: 5,
      BackendConnectionErrors: { ...noConnectionErrors(), HTTPCode5XXCount: 1, TimeoutCount: 2 },
    };
    expect(records()).toEqual([
      { Timestamp: clock.now() / 1000 - 60, ...record },
      {
        Timestamp: clock.now() / 1000,
        SegmentsReceivedCount: 34,
        SegmentsSentCount: 10,
        SegmentsSpilloverCount: 10,
        SegmentsRejectedCount: 10,
        BackendConnectionErrors: { ...noConnectionErrors(), HTTPCode5XXCount: 2, TimeoutCount: 4 },
      },
    ]);
    expect(requests[0]).toMatchObject({
      Hostname: 'ip-10-0-0-1',
      EC2InstanceId: 'i-0123456789abcdef0',
      ResourceARN: 'arn:aws:ec2:x',
    });
  });

  it('keeps the last thirty minutes that could not be told, and tells them ten at a time', async () => {
    const { telemetry, ledger, minute, requests, vendor } = rig();
    await telemetry.start();
    vendor.answer = () => Promise.reject(new AwsError('unavailable', 'no', { status: 503 }));
    for (let n = 1; n <= 40; n++) {
      ledger.accept('aws-xray', n);
      await minute();
    }
    vendor.answer = async () => {};
    requests.length = 0;
    ledger.accept('aws-xray', 41);
    await minute();

    expect(requests.map(({ TelemetryRecords }) => TelemetryRecords.length)).toEqual([10, 10, 10]);
    const received = requests.flatMap(({ TelemetryRecords }) =>
      TelemetryRecords.map(({ SegmentsReceivedCount }) => SegmentsReceivedCount),
    );
    expect(received).toEqual(Array.from({ length: 30 }, (_, n) => n + 12));
  });

  it('does not call X-Ray while it is blocked, and catches up afterwards', async () => {
    const { telemetry, ledger, minute, requests, clock } = rig();
    await telemetry.start();
    ledger.accept('aws-xray', 1);
    ledger.setState('aws-xray', 'blocked', { code: 'forbidden', message: '', fix: '' }, clock.now());
    await minute();
    await minute();
    expect(requests).toEqual([]);

    ledger.setState('aws-xray', 'on', null, clock.now());
    await minute();

    expect(requests.map(({ TelemetryRecords }) => TelemetryRecords.length)).toEqual([3]);
  });

  it('counts on when the service cannot be reached at all', async () => {
    const clock = new ManualClock();
    const ledger = new Ledger();
    ledger.open('aws-xray', clock.now());
    const sent: TelemetryRequest[] = [];
    let isThere = false;
    const telemetry = createTelemetry({
      config: NOBODY,
      clock,
      ledger,
      async xray() {
        if (!isThere) throw new AwsError('no_region', 'none');
        return {
          putTelemetryRecords: async (request) => void sent.push(request),
          connectionErrors: noConnectionErrors,
        };
      },
    });
    await telemetry.start();
    ledger.accept('aws-xray', 4);
    clock.advance(MINUTE_MS);
    await turns();
    isThere = true;
    ledger.accept('aws-xray', 3);
    clock.advance(MINUTE_MS);
    await turns();

    expect(sent[0]?.TelemetryRecords).toMatchObject([{ SegmentsReceivedCount: 7 }]);
  });

  it('tells the rest at the end, and no longer than a second', async () => {
    const { telemetry, ledger, clock, signals, records, vendor } = rig();
    await telemetry.start();
    ledger.accept('aws-xray', 2);
    let answer = () => {};
    vendor.answer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });

    const ending = telemetry.shutdown(new AbortController().signal);
    await turns();
    expect(records()).toMatchObject([{ SegmentsReceivedCount: 2 }]);
    expect(signals[0]?.aborted).toBe(false);
    clock.advance(1000);
    expect(signals[0]?.aborted).toBe(true);
    await ending;
    answer();

    await telemetry.shutdown(new AbortController().signal);
    clock.advance(10 * MINUTE_MS);
    await turns();
    expect(records()).toHaveLength(1);
    expect(clock.nextAtMs).toBeUndefined();
  });

  it('ends at once when the time is up, also where X-Ray was never there', async () => {
    const clock = new ManualClock();
    const ledger = new Ledger();
    const telemetry = createTelemetry({ config: NOBODY, clock, ledger, xray: () => new Promise(() => {}) });
    await telemetry.start();

    await telemetry.shutdown(AbortSignal.abort());

    expect(clock.nextAtMs).toBeUndefined();
  });
});
