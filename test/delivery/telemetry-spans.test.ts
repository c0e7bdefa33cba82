// Part of the tests: the application's own telemetry among its spans.
import { describe, expect, it } from 'vitest';
import { choosing } from '../../src/delivery/choice.ts';
import type { Exporter } from '../../src/delivery/exporter.ts';
import { telemetryEndpoints, telemetryFinder, telemetrySpans } from '../../src/delivery/telemetry-spans.ts';
import { encode } from '../../src/exporters/aws-xray/encoder.ts';
import { isConserved } from '../../src/ledger/account.ts';
import { decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { traces } from '../exporters/records.ts';
import { ok, startRig, stubExporter } from '../support/delivery.ts';

const captured = () => traces('python-otel/02-traces-batch-2-errors.bin');
const spansOf = (payload: Uint8Array) => decodeTraces(payload).flatMap(({ spans }) => spans);
const find = telemetryFinder(telemetryEndpoints([]));
const isPost = (url: unknown) => url === 'http://127.0.0.1:4599/api/1/item/';
/** pyrollbar's posts, which are client spans of their own in the capture. */
const posts = spansOf(captured().payload).flatMap(({ attributes }, index) =>
  isPost(attributes.get('http.url')) ? [index] : [],
);

describe(telemetryEndpoints, () => {
  it.each([
    ['https://api.rollbar.com/api/1/item/', true],
    ['https://api.eu1.honeycomb.io/v1/traces', true],
    ['https://xray.eu-central-1.amazonaws.com/TraceSegments', true],
    ['https://logs.us-gov-west-1.amazonaws.com/', true],
    ['http://sidecar:4318/v1/logs', true],
    ['http://sidecar:2000/GetSamplingRules', true],
    ['http://collector.example.com/any', true],
    ['https://dynamodb.eu-central-1.amazonaws.com/', false],
    ['https://shop.example.com/v1/traces', false],
    ['https://api.rollbar.com.example.com/', false],
    ['not a url', false],
  ])('%s: %s', (url, expected) => {
    const own = telemetryEndpoints([new URL('http://collector.example.com/v1/x')]);
    expect(own(url)).toBe(expected);
  });
});

describe(telemetrySpans, () => {
  it('skips exactly those spans where asked to, but not a dead letter that is sent again', () => {
    expect(posts.length).toBeGreaterThan(1);
    const { without } = telemetrySpans('skip', find)(captured());

    expect(without).toEqual(posts.map((from) => ({ from, to: from + 1, code: 'telemetry' })));
    const again = { ...captured(), origin: { peer: '', replayOf: '1:0@2026' } };
    expect(telemetrySpans('skip', find)(again)).toEqual({ without: [] });
  });

  it('marks them, and changes nothing else', () => {
    const record = captured();
    let seen: Uint8Array | undefined;
    const exporter: Exporter<unknown> = {
      ...stubExporter(() => ok),
      encode(given) {
        seen = given.payload;
        return encode(given);
      },
    };
    choosing(exporter, [telemetrySpans('mark', find)]).encode(record);

    const [before, after] = [spansOf(record.payload), spansOf(seen ?? new Uint8Array())];
    expect(after).toHaveLength(before.length);
    after.forEach((span, index) => {
      const attributes = new Map(span.attributes);
      expect(attributes.get('sidecast.telemetry')).toBe(posts.includes(index) ? true : undefined);
      attributes.delete('sidecast.telemetry');
      expect({ ...span, attributes }).toEqual(before[index]);
    });
  });

  it('keeps the books: what is skipped is counted with its reason, the rest delivered', async () => {
    const exporter: Exporter<unknown> = {
      ...stubExporter(() => ok, { maxItems: 50, maxBytes: 1e6 }),
      encode: (record) => encode(record),
    };
    const rig = await startRig(choosing(exporter, [telemetrySpans('skip', find)]));
    const { position: _, ...record } = captured();
    await rig.accept(record);
    await rig.until(() => rig.counts().queued === 0);

    const items = record.summary.items;
    expect(rig.counts()).toMatchObject({
      accepted: items,
      skipped: posts.length,
      delivered: items - posts.length,
    });
    expect(isConserved(rig.counts())).toBe(true);
    expect(rig.ledger.account('aws-xray')?.reasons.skipped).toEqual({ telemetry: posts.length });
    await rig.stop();
  });
});
