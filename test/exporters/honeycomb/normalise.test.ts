// Part of the tests: exporters/honeycomb/normalise: what Honeycomb would misread, and that nothing else is touched.
import { describe, expect, it } from 'vitest';
import { encode } from '../../../src/exporters/honeycomb/encoder.ts';
import { normalise } from '../../../src/exporters/honeycomb/normalise/normalise.ts';
import { decodeLogs, decodeTraces } from '../../../src/protocols/otlp/decode.ts';
import { encodeTraces } from '../../../src/protocols/otlp/encode.ts';
import { jsonToProtobuf } from '../../../src/protocols/otlp/json.ts';
import { scan } from '../../../src/protocols/otlp/scan.ts';
import { asReceived, capture, record, segments } from '../records.ts';
import { attributes, exception, group, span } from '../spans.ts';

const spansIn = (bytes: Uint8Array) => decodeTraces(bytes).flatMap(({ spans }) => spans);
const normalisedSpan = (more: Parameters<typeof span>[0]) =>
  spansIn(normalise('traces', encodeTraces([group([span(more)])])))[0];

describe('a clean request', () => {
  it.each([
    ['traces', 'python-otel/01-traces-batch-1.bin'],
    ['traces', 'python-otel/02-traces-batch-2-errors.bin'],
    ['traces', 'python-otel/04-traces-small.bin'],
    ['logs', 'python-otel-auto/01-logs.bin'],
  ] as const)('of %s goes as it came (%s)', (signal, name) => {
    const bytes = capture(name);

    expect(normalise(signal, bytes)).toBe(bytes);
  });

  it('is not changed by names that are only like those of derived columns', () => {
    const bytes = encodeTraces([
      group([span({ attributes: attributes({ nfme: 1, 'http.name': 'x', sampleRate: 4, error: true }) })]),
    ]);

    expect(normalise('traces', bytes)).toBe(bytes);
  });
});

describe('an attribute that would overwrite a derived column', () => {
  it('of a span, an event or a link is renamed, and everything else stays', () => {
    const given = span({
      attributes: attributes({
        name: 'Ada',
        'user.id': 'u1',
        status_code: 200,
        error: 'yes',
        duration_ms: 1.5,
      }),
      events: [
        { ...exception('A', 'a'), attributes: attributes({ name: 'n', type: 't', 'exception.type': 'A' }) },
      ],
      links: [
        {
          traceId: '1'.repeat(32),
          spanId: '2'.repeat(16),
          traceState: '',
          attributes: attributes({ 'trace.link.span_id': 'x', why: 'y' }),
        },
      ],
    });
    const others = [span({ spanId: 'a'.repeat(16) }), span({ spanId: 'b'.repeat(16) })];
    const bytes = encodeTraces([group([others[0]!, given, others[1]!])]);

    const sent = normalise('traces', bytes);

    expect(scan('traces', sent)).toEqual(scan('traces', bytes));
    const [before, changed, after] = spansIn(sent);

    expect([before, after]).toEqual(others);
    expect(changed).toEqual({
      ...given,
      attributes: attributes({
        'attr.name': 'Ada',
        'user.id': 'u1',
        'attr.status_code': 200,
        'attr.error': 'yes',
        'attr.duration_ms': 1.5,
      }),
      events: [
        {
          ...given.events[0],
          attributes: attributes({ 'attr.name': 'n', type: 't', 'exception.type': 'A' }),
        },
      ],
      links: [{ ...given.links[0], attributes: attributes({ 'attr.trace.link.span_id': 'x', why: 'y' }) }],
    });
  });

  it('of a resource or a scope is renamed, too', () => {
    const resource = { attributes: attributes({ type: 'web', 'service.name': 'api' }) };
    const scope = { name: 's', version: '1', attributes: attributes({ 'library.name': 'l' }) };
    const bytes = encodeTraces([{ resource, scope, spans: [span()] }]);

    expect(decodeTraces(normalise('traces', bytes))).toMatchObject([
      {
        resource: { attributes: attributes({ 'attr.type': 'web', 'service.name': 'api' }) },
        scope: { ...scope, attributes: attributes({ 'attr.library.name': 'l' }) },
      },
    ]);
  });

  it('of a log is renamed; what stands in for a field that a log may lack stays', () => {
    const values = {
      severity: 'x',
      body: 'y',
      'trace.trace_id': 'z',
      name: 'n',
      'event.name': 'e',
      severity_text: 'WARN',
    };
    const pairs = Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const logRecords = [{ timeUnixNano: '1', attributes: pairs }];
    const bytes = jsonToProtobuf('logs', JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));

    expect(decodeLogs(normalise('logs', bytes))[0]?.records[0]?.attributes).toEqual(
      attributes({
        'attr.severity': 'x',
        'attr.body': 'y',
        'trace.trace_id': 'z',
        name: 'n',
        'event.name': 'e',
        severity_text: 'WARN',
      }),
    );
  });

  it('is renamed in spans that were X-Ray segments', () => {
    const document = {
      name: 'api',
      id: '0a7dbaecd295fd29',
      trace_id: '1-6b00f642-b0d605adf45dbe4405f353e2',
      start_time: 1,
      end_time: 2,
      annotations: { status_code: 7 },
    };

    const { items } = encode(segments(JSON.stringify(document)), undefined, asReceived);

    expect(spansIn(items[0]!.value.bytes)[0]?.attributes.get('attr.status_code')).toBe(7);
    expect(items[0]?.bytes).toBe(items[0]?.value.bytes.length);
  });
});

describe('a text of more than 64 KB', () => {
  const long = `head ${'é'.repeat(50_000)} tail`;
  const isCut = expect.stringMatching(/^head é+ … \d+ bytes cut … é+ tail$/);

  it('is cut in its middle, wherever it is', () => {
    const event = { ...exception('A', 'a', long), name: long };
    const found = normalisedSpan({
      name: long,
      attributes: new Map<string, string | Map<string, string>>([
        ['sql', long],
        ['map', new Map([['deep', long]])],
      ]),
      events: [event],
      status: { code: 2, message: long },
    });

    expect(found).toMatchObject({ name: isCut, status: { code: 2, message: isCut } });
    const { attributes: own, events } = found!;
    const texts = [own.get('sql'), (own.get('map') as Map<string, string>).get('deep')];
    const ofEvent = [events[0]?.name, events[0]?.attributes.get('exception.stacktrace')];
    for (const text of [...texts, ...ofEvent]) {
      expect(text).toEqual(isCut);
      expect(Buffer.byteLength(String(text))).toBeLessThanOrEqual(65_535);
    }
  });

  it('is cut in the body of a log', () => {
    const logRecords = [{ timeUnixNano: '1', body: { stringValue: long } }];
    const bytes = jsonToProtobuf('logs', JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));

    expect(decodeLogs(normalise('logs', bytes))[0]?.records[0]?.body).toEqual(isCut);
  });

  it('stays at 65,535 bytes', () => {
    const bytes = encodeTraces([group([span({ name: 'x'.repeat(65_535) })])]);

    expect(normalise('traces', bytes)).toBe(bytes);
  });
});

describe('the encoder', () => {
  it('sends what was normalised, and counts its bytes', () => {
    const bytes = encodeTraces([group([span({ attributes: attributes({ type: 'x' }) })])]);

    const { items } = encode(record('traces', bytes, 1), undefined, asReceived);

    expect(items[0]?.bytes).toBe(bytes.length + 'attr.'.length);
    expect(spansIn(items[0]!.value.bytes)[0]?.attributes).toEqual(attributes({ 'attr.type': 'x' }));
  });
});
