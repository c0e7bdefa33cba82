// Part of the tests: times and traces as text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationText, isoOf, toMarkdown } from '../../src/admin/api/markdown.ts';
import { spanId, testRecent, traceId } from '../support/recent.ts';

const LATEST_NANO = 4_102_444_800_000_000_000n;

describe('a time', () => {
  it('has all nine digits, and comes back as it was', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, LATEST_NANO), (nano) => {
        const text = isoOf(nano.toString());
        const [seconds = '', fraction = ''] = text.slice(0, -1).split('.');
        expect(fraction).toHaveLength(9);
        expect(BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction)).toBe(nano);
      }),
    );
  });

  it('sorts as text as it does as number, so that no span ends before it starts', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, LATEST_NANO), fc.bigInt(0n, 10n ** 15n), (start, length) => {
        expect(isoOf(start.toString()) <= isoOf((start + length).toString())).toBe(true);
      }),
    );
  });
});

describe('a duration', () => {
  const valueMs = (text: string) => {
    const [value = '', unit = ''] = text.split(' ');
    return Number(value) * ({ s: 1000, ms: 1, µs: 0.001 }[unit] ?? Number.NaN);
  };

  it.each([
    [0, '0.00 ms'],
    [0.000123, '0.12 µs'],
    [0.9, '900 µs'],
    [0.99999, '1.00 ms'],
    [24.04, '24.0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1204, '1.20 s'],
    [3_600_000, '3600 s'],
  ])('of %d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));

  it('is told to three digits, whatever its size', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e8, noNaN: true }), (ms) => {
        expect(Math.abs(valueMs(durationText(ms)) - ms) / ms).toBeLessThanOrEqual(0.0051);
        expect(durationText(ms)).not.toMatch(/^1000 (µs|ms)/);
      }),
    );
  });
});

describe('a trace in a ticket', () => {
  it('has the waterfall, the delivery, and the error with its stack as it was', async () => {
    const { recent, spans } = testRecent();
    const stack = 'Traceback:\n  File "app.py", line 1\nValueError: ``` | <b>';
    const attributes = new Map([['exception.stacktrace', stack]]);
    await spans([
      {
        trace: 1,
        span: 1,
        name: 'POST /api/boom | x',
        isError: true,
        durationMs: 24,
        events: [{ timeUnixNano: 1n, name: 'exception', attributes }],
      },
      { trace: 1, span: 2, parent: 1, name: 'SELECT `users`', durationMs: 3 },
    ]);
    const trace = await recent.trace(traceId(1));

    const text = toMarkdown(trace as NonNullable<typeof trace>);

    expect(text).toContain('# POST /api/boom | x');
    expect(text).toContain('24.0 ms  POST /api/boom | x (server, backend-flask) !');
    expect(text).toContain('3.00 ms    SELECT `users` (internal, backend-flask)');
    expect(text).toContain('| Honeycomb | 2 queued |');
    expect(text).toContain(`\`\`\`\`\n${stack}\n\`\`\`\``);
    expect(text).not.toContain(spanId(99));
  });
});
