import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redacting } from '../../../src/app/processors.ts';
import { RefusedError } from '../../../src/intake/intake.ts';
import { createJudge } from '../../../src/processors/redact/judge.ts';
import { createPrefilter } from '../../../src/processors/redact/prefilter.ts';
import { createReplace } from '../../../src/processors/redact/replace.ts';
import { redactRequest } from '../../../src/processors/redact/requests.ts';
import { decode, encode } from '../../protocols/otlp/oracle.ts';
import { acceptedRequest, redacted, redactorWith } from './support.ts';

const CAPTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'captures');
const text = (stringValue: string) => ({ stringValue });
const attributes = (values: Record<string, string>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: text(value) }));
const secrets = { 'http.request.header.authorization': 'Basic aHVudGVyMg==', plain: 'kept' };
const masked = { 'http.request.header.authorization': '*'.repeat(18), plain: 'kept' };

describe('a request', () => {
  it('loses secrets of spans, events, links, status, scope and resource, and nothing else', () => {
    const request = (values: Record<string, string>, url: string) => ({
      resourceSpans: [
        {
          resource: { attributes: attributes(values) },
          scopeSpans: [
            {
              scope: { name: 'lib', version: '1', attributes: attributes(values) },
              spans: [
                {
                  traceId: Buffer.alloc(16, 0x34),
                  spanId: Buffer.alloc(8, 0x34),
                  name: `GET ${url}`,
                  attributes: attributes(values),
                  events: [{ name: url, attributes: attributes(values) }],
                  links: [
                    {
                      traceId: Buffer.alloc(16, 1),
                      spanId: Buffer.alloc(8, 1),
                      attributes: attributes(values),
                    },
                  ],
                  status: { code: 2, message: url },
                },
              ],
            },
          ],
        },
      ],
    });
    const redactor = redactorWith();

    expect(redacted('traces', request(secrets, '/x?token=hunter2&a=1'), redactor)).toEqual(
      decode('traces', encode('traces', request(masked, '/x?token=*******&a=1'))),
    );
    expect(redactor.counts()).toEqual({ secret_name: 8 });
  });

  it('loses secrets of metric points, exemplars and metadata', () => {
    const request = (values: Record<string, string>) => {
      const point = { timeUnixNano: '1', attributes: attributes(values) };
      const exemplars = [{ filteredAttributes: attributes(values) }];
      return {
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'a',
                    metadata: attributes(values),
                    gauge: { dataPoints: [{ ...point, exemplars }] },
                  },
                  { name: 'b', sum: { dataPoints: [{ ...point, exemplars }] } },
                  { name: 'c', histogram: { dataPoints: [{ ...point, exemplars }] } },
                  { name: 'd', exponentialHistogram: { dataPoints: [{ ...point, exemplars }] } },
                  { name: 'e', summary: { dataPoints: [point] } },
                ],
              },
            ],
          },
        ],
      };
    };
    const redactor = redactorWith();

    expect(redacted('metrics', request(secrets), redactor)).toEqual(
      decode('metrics', encode('metrics', request(masked))),
    );
    expect(redactor.counts()).toEqual({ secret_name: 10 });
  });

  it('loses what stands under a secret name whatever its type, nested values too', () => {
    const log = (value: object) => ({
      resourceLogs: [
        { scopeLogs: [{ logRecords: [{ timeUnixNano: '1', attributes: [{ key: 'my.secret', value }] }] }] },
      ],
    });
    const redactedValue = (value: object) =>
      redacted('logs', log(value))['resourceLogs'][0].scopeLogs[0].logRecords[0].attributes[0].value;

    expect(redactedValue({ intValue: '4711' })).toEqual({ intValue: '0' });
    expect(redactedValue({ intValue: '-1' })).toEqual({ intValue: '0' });
    expect(redactedValue({ doubleValue: 47.11 })).toEqual({ doubleValue: 0 });
    expect(redactedValue({ bytesValue: Buffer.from('hunter2') })).toEqual({
      bytesValue: Buffer.from('*******').toString('base64'),
    });
    expect(redactedValue({ arrayValue: { values: [text('a'), text('bc')] } })).toEqual({
      arrayValue: { values: [text('*'), text('**')] },
    });
    expect(redactedValue({ kvlistValue: { values: [{ key: 'x', value: text('abc') }] } })).toEqual({
      kvlistValue: { values: [{ key: 'x', value: text('***') }] },
    });
  });

  it('without a secret keeps its bytes: every capture', () => {
    for (const [signal, path] of [
      ['traces', 'python-otel/01-traces-batch-1.bin'],
      ['traces', 'python-otel/02-traces-batch-2-errors.bin'],
      ['traces', 'go-otel/01-traces.bin'],
      ['logs', 'python-otel-auto/01-logs.bin'],
      ['metrics', 'python-otel-auto/03-metrics.bin'],
    ] as const) {
      const bytes = readFileSync(join(CAPTURES, path));
      const accepted = acceptedRequest(signal, Buffer.from(bytes));

      expect(redactorWith().redact(accepted), path).toBe(accepted);
      expect(Buffer.compare(accepted.payload, bytes)).toBe(0);
    }
  });

  it('can have hashes in the place of secrets: equal ones for equal values, of another length', () => {
    const redactor = redactorWith({ SIDECAST_REDACT: 'hash', SIDECAST_REDACT_HASH_KEY: 'k' });
    const log = (secret: string) => ({
      resourceLogs: [
        { scopeLogs: [{ logRecords: [{ timeUnixNano: '7', body: text(`password=${secret} end`) }] }] },
      ],
    });
    const bodyOf = (secret: string) =>
      redacted('logs', log(secret), redactor)['resourceLogs'][0].scopeLogs[0].logRecords[0].body.stringValue;

    expect(bodyOf('hunter2')).toMatch(/^password=hmac:[0-9a-f]{16} end$/);
    expect(bodyOf('hunter2')).toBe(bodyOf('hunter2'));
    expect(bodyOf('hunter3')).not.toBe(bodyOf('hunter2'));
    expect(bodyOf('x'.repeat(300))).toMatch(/^password=hmac:[0-9a-f]{16} end$/);
  });

  it('can have the ids of users hashed while the rest is masked', () => {
    const redactor = redactorWith({ SIDECAST_REDACT_USERS: 'hash' });
    const span = {
      traceId: Buffer.alloc(16, 1),
      spanId: Buffer.alloc(8, 1),
      attributes: attributes({ 'user.id': '42', password: 'abc' }),
    };
    const found = redacted('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }, redactor)[
      'resourceSpans'
    ][0].scopeSpans[0].spans[0];

    expect(found.attributes[0].value.stringValue).toMatch(/^hmac:[0-9a-f]{16}$/);
    expect(found.attributes[1].value.stringValue).toBe('***');
    expect(redactor.counts()).toEqual({ user_id: 1, secret_name: 1 });
  });

  it('tells the service name as it is after redaction', () => {
    const resource = { attributes: attributes({ 'service.name': 'token=hunter2' }) };
    const span = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1) };
    const payload = encode('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });

    expect(redactorWith().redact(acceptedRequest('traces', payload)).summary.services).toEqual([
      'token=*******',
    ]);
  });

  it('passes untouched when redaction is off', () => {
    const accepted = acceptedRequest(
      'logs',
      encode('logs', { resourceLogs: [{ resource: { attributes: attributes(secrets) } }] }),
    );

    expect(redactorWith({ SIDECAST_REDACT: 'off' }).redact(accepted)).toBe(accepted);
  });

  it('that the redactor fails on is refused, and the log tells nothing of what it holds', () => {
    const lines: unknown[] = [];
    const process = redacting(
      {
        redact() {
          throw new Error('cannot read hunter2');
        },
      },
      (...line) => void lines.push(line),
    );
    const accepted = acceptedRequest('logs', new Uint8Array());

    expect(() => process(accepted)).toThrow(RefusedError);
    expect(() => process(accepted)).toThrow(expect.objectContaining({ code: 'redaction_failed' }));
    expect(lines.length).toBe(2);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

describe('the prefilter', () => {
  const judge = createJudge({ allow: [], deny: [], patterns: [], users: 'keep' });
  const mayHoldSecrets = createPrefilter([]);
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        'password',
        'passwd',
        'Secret',
        'token',
        'tokens',
        'apiKey',
        'api_key',
        'Cookie',
        'authorization',
        'pwd',
        'sig',
        'signature',
      ],
      ...[
        '=',
        ':',
        '"',
        "'",
        ' ',
        '&',
        '?',
        '://',
        '@',
        '\\',
        '.',
        '-',
        '/',
        'Bearer ',
        'eyJhbGciOiJ',
        '.eyJzdWIiOiJ',
        `AKIA${'A'.repeat(16)}`,
      ],
      ...['4111 1111 1111 1111', '4111111111111111', '12', '{"', '"}', `-----BEGIN ${'PRIVATE'} KEY-----`],
    ),
    fc.string({ maxLength: 8 }),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const texts = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

  it('takes times and ids for clean that look like the end of a URL, and names that only begin like a secret', () => {
    const bytesThatLook = [
      Buffer.from('95//gb@\u00ea\u0018A', 'latin1'),
      Buffer.from('TpWdsS|\u00f2', 'latin1'),
    ];
    const of = (traceId: Buffer) =>
      encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId, name: 'GET /' }] }] }] });

    expect(bytesThatLook.map((bytes) => mayHoldSecrets(of(bytes), false))).toEqual([false, false]);
    expect(mayHoldSecrets(of(Buffer.from('http://u:p@host')), false)).toBe(true);
    expect(mayHoldSecrets(of(Buffer.from('{\\"url\\":\\"http:\\/\\/u:p@host')), false)).toBe(true);
    expect(mayHoldSecrets(of(Buffer.from('db.pwd=x')), false)).toBe(true);
  });

  it.each(['token', 'pwd', 'db.pwd', 'auth-token'])(
    'takes no %s for a longer name where a tag follows it: its value stands before it, as protobuf allows',
    (name) => {
      const field = (number: number, bytes: Buffer) =>
        Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
      const value = field(2, field(1, Buffer.from('hunter2')));
      const attribute = Buffer.concat([value, field(1, Buffer.from(name))]);
      // The tags of attributes in a span and in a log record are a letter and a digit.
      for (const number of [9, 6]) {
        const item = Buffer.concat([field(number, attribute), field(number, field(1, Buffer.from('a')))]);
        expect(mayHoldSecrets(field(1, field(2, field(2, item))), false)).toBe(true);
      }
    },
  );

  it('takes nothing for clean in which the rules find something', () => {
    fc.assert(
      fc.property(texts, texts, texts, (key, value, body) => {
        const payload = encode('logs', {
          resourceLogs: [
            {
              scopeLogs: [
                {
                  logRecords: [
                    { timeUnixNano: '1', body: text(body), attributes: attributes({ [key]: value }) },
                  ],
                },
              ],
            },
          ],
        });
        const before = Buffer.from(payload);
        let found = 0;
        redactRequest('logs', Buffer.from(payload), judge, createReplace('mask', undefined), () => found++);
        if (found > 0) expect(mayHoldSecrets(before, false)).toBe(true);
        let foundAgain = 0;
        const again = Buffer.from(payload);
        const onFound = () => foundAgain++;
        redactRequest('logs', again, judge, createReplace('mask', undefined), onFound, mayHoldSecrets);
        expect(foundAgain).toBe(found);
      }),
      { numRuns: 5000 },
    );
  });
});
