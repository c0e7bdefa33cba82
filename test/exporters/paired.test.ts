// Part of the tests: lines and items of a request that has two traces name both, whichever SDK wrote them.
import { describe, expect, it } from 'vitest';
import type { IdsOf } from '../../src/correlation/pairs.ts';
import { encode as encodeEvents } from '../../src/exporters/aws-cloudwatch-logs/encoder.ts';
import { partitions } from '../../src/exporters/aws-cloudwatch-logs/partition.ts';
import { encode as encodeOccurrences } from '../../src/exporters/rollbar/encoder.ts';
import { toItem } from '../../src/exporters/rollbar/item.ts';
import { withIds } from '../../src/exporters/rollbar/paired.ts';
import { bytesOf } from '../../src/model/shelf.ts';
import type { JournalRecord } from '../../src/model/signals.ts';
import { context, documentIn, logs, segments, traces } from './records.ts';

const OTHER = '6b00f74edd62eb6181bf55eab3b4555b';
const X_RAY_OTHER = '1-6b00f74e-dd62eb6181bf55eab3b4555b';

const idsOf: IdsOf = (traceId, side) =>
  side === 'otlp' ? { otlp: traceId, xray: OTHER } : { otlp: OTHER, xray: traceId };

function eventsOf(received: JournalRecord): Record<string, unknown>[] {
  const { clock, decoder } = context('aws-cloudwatch-logs');
  const partitionOf = partitions('group', '{service.name}');
  const { items } = encodeEvents(received, { clock, decoder, partitionOf, idsOf });
  return items.map(({ value }) => JSON.parse(JSON.parse(bytesOf(value).toString()).message));
}

function customsOf(received: JournalRecord, known: IdsOf | null = idsOf): Record<string, unknown>[] {
  const encoded = encodeOccurrences(received, context('rollbar').decoder);
  return withIds(encoded, received.signal, known ?? undefined).items.map(
    ({ value }) =>
      toItem(value, { environment: undefined, version: '0' })['custom'] as Record<string, unknown>,
  );
}

const spans = () => traces('python-otel/02-traces-batch-2-errors.bin');
const documents = () => segments(documentIn('python-xray/07-segment-exception.udp.txt'));

describe('CloudWatch Logs', () => {
  it('has both ids in the access lines and error events of spans', () => {
    const events = eventsOf(spans());

    expect(events.some(({ http }) => http !== undefined)).toBe(true);
    expect(events.some(({ error }) => error !== undefined)).toBe(true);
    for (const event of events) {
      expect(event).toMatchObject({
        xrayTraceId: X_RAY_OTHER,
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(event['traceId']).not.toBe(OTHER);
    }
  });

  it('has both ids in those of segments', () => {
    const events = eventsOf(documents());

    expect(events.length).toBeGreaterThanOrEqual(2);
    for (const event of events) {
      expect(event['traceId']).toBe(OTHER);
      expect(event['xrayTraceId']).not.toBe(X_RAY_OTHER);
    }
  });

  it('has the X-Ray id in log lines of the request, and none in lines without a trace', () => {
    for (const event of eventsOf(logs('python-otel-auto/01-logs.bin'))) {
      expect(event['xrayTraceId']).toBe(event['traceId'] === undefined ? undefined : X_RAY_OTHER);
    }
  });
});

describe('Rollbar', () => {
  it('links both traces', () => {
    const [ofSpan] = customsOf(spans());
    const [ofSegment] = customsOf(documents());

    expect(ofSpan).toMatchObject({ xray_trace_id: X_RAY_OTHER, trace_id: expect.not.stringMatching(OTHER) });
    expect(ofSegment).toMatchObject({
      trace_id: OTHER,
      xray_trace_id: expect.not.stringMatching(X_RAY_OTHER),
    });
  });

  it('has one id in two forms where there is one trace', () => {
    const [custom] = customsOf(spans(), null);
    const [traceId, xray] = [String(custom?.['trace_id']), String(custom?.['xray_trace_id'])];

    expect(xray.replaceAll('-', '').slice(1)).toBe(traceId);
  });
});
