// Part of the tests: correlation/reported: spans of one request that arrive in several.
import { describe, expect, it } from 'vitest';
import { allSpans, type RaisedException, raisedExceptions } from '../../src/correlation/exceptions.ts';
import { type Account, ReportedExceptions } from '../../src/correlation/reported.ts';
import type { RaisingSpans, Span } from '../../src/model/otlp.ts';
import { exception, group, span } from '../exporters/spans.ts';

const failed = { events: [exception('E', 'm', 'stack')] };
const server = span({ spanId: '00000000000000a1', ...failed });
const middle = span({ spanId: '00000000000000a2', parentSpanId: server.spanId, kind: 1 });
const inner = span({ spanId: '00000000000000a3', parentSpanId: middle.spanId, kind: 1, ...failed });

const ERROR = 3;

/** Of each exception of a record whether it was known. */
function ask(reported: ReportedExceptions, spans: readonly Span[], position: number): boolean[] {
  const notable = allSpans([group(spans)]);
  return raisedExceptions(notable).map((raised) => reported.isKnown(accountOf(raised, notable, position)));
}

function accountOf(raised: RaisedException, notable: RaisingSpans, position: number): Account {
  const { traceId, spanId } = raised.span;
  const { attributes } = raised.event;
  return {
    source: 'span',
    place: String(position),
    traceId,
    spanId,
    type: String(attributes.get('exception.type')),
    message: String(attributes.get('exception.message')),
    stack: raised.stack,
    severity: ERROR,
    parents: notable.parents(),
  };
}

/** For each record, whether each of its exceptions was known. */
function answers(...records: readonly (readonly Span[])[]): boolean[][] {
  const reported = new ReportedExceptions();
  return records.map((spans, position) => ask(reported, spans, position));
}

describe(ReportedExceptions, () => {
  it('knows an exception that arrives again with a span around the first', () => {
    expect(answers([inner], [middle, server])).toEqual([[false], [true]]);
    expect(answers([inner, middle], [server])).toEqual([[false], [true]]);
    const direct = { ...inner, parentSpanId: server.spanId };
    expect(answers([direct], [server])).toEqual([[false], [true]]);
  });

  it('knows one that arrives again with a span inside the first', () => {
    expect(answers([server], [middle, inner])).toEqual([[false], [true]]);
  });

  it('follows it outwards through several records', () => {
    const outer = span({ spanId: '00000000000000a0', ...failed });
    const inside = { ...server, parentSpanId: outer.spanId };

    expect(answers([inner, middle], [inside], [outer])).toEqual([[false], [true], [true]]);
  });

  it('takes what a sibling, another trace or another message brings as another', () => {
    const sibling = { ...inner, spanId: '00000000000000a4' };
    const elsewhere = { ...server, traceId: '00000000000000000000000000000001' };
    const other = { ...server, events: [exception('E', 'other', 'stack')] };

    expect(answers([inner], [sibling], [elsewhere], [other])).toEqual([[false], [false], [false], [false]]);
  });

  it('gives a record that is read again the same answer', () => {
    const reported = new ReportedExceptions();
    const both = () => [ask(reported, [inner], 1), ask(reported, [middle, server], 2)];

    expect(both()).toEqual([[false], [true]]);
    expect(both()).toEqual([[false], [true]]);
  });

  it('stays fast where a trace raises the same on thousands of spans', () => {
    const reported = new ReportedExceptions();
    const many = Array.from({ length: 3000 }, (_, i) => ({ ...inner, spanId: String(i).padStart(16, '0') }));
    const notable = allSpans([group(many)]);
    const raised = raisedExceptions(notable);
    const startedMs = performance.now();

    const known = [0, 1].map(
      (i) => raised.filter((one) => reported.isKnown(accountOf(one, notable, i))).length,
    );

    expect(known[0]).toBe(0);
    // A tenth of this; seconds where each recording is compared with all others.
    expect(performance.now() - startedMs).toBeLessThan(1500);
  });

  it('is not caught in parents that go round', () => {
    const a = { ...inner, parentSpanId: middle.spanId };
    const b = { ...middle, parentSpanId: inner.spanId };

    expect(answers([a, b], [a, b])).toEqual([[false], [true]]);
  });

  it('forgets rather than grows', () => {
    const reported = new ReportedExceptions();
    ask(reported, [{ ...inner, parentSpanId: server.spanId }], 0);
    for (let i = 1; i <= 2000; i++) ask(reported, [{ ...inner, traceId: String(i).padStart(32, '0') }], i);

    expect(ask(reported, [server], 3000)).toEqual([false]);
  });
});

describe('one exception that is told of in several ways', () => {
  const account = (more: Partial<Account> = {}): Account => ({
    source: 'span',
    place: '1',
    traceId: '5759e988bd862e3fe1be46a994272793',
    spanId: '00000000000000a1',
    type: 'ValueError',
    message: 'm',
    stack: '',
    severity: ERROR,
    parents: new Map(),
    ...more,
  });
  const logged = (more: Partial<Account> = {}) => account({ source: 'log', place: '2:0', ...more });
  const known = (...accounts: readonly Account[]) => {
    const reported = new ReportedExceptions();
    return accounts.map((one) => reported.isKnown(one));
  };

  it('is known whichever of span, log record and X-Ray document comes first', () => {
    const segment = account({ source: 'segment', place: '3:0', spanId: '00000000000000b7' });

    expect(known(account(), logged(), segment)).toEqual([false, true, true]);
    expect(known(logged(), segment, account())).toEqual([false, true, true]);
    expect(known(segment, account(), logged())).toEqual([false, true, true]);
  });

  it('is another in another trace, of another class, with another message, and without a trace', () => {
    const others = [{ traceId: '5759' }, { type: 'KeyError' }, { message: 'n' }, { traceId: '' }];

    for (const more of others) expect(known(account(), logged(more))).toEqual([false, false]);
    expect(known(account({ traceId: '' }), logged({ traceId: '' }))).toEqual([false, false]);
  });

  it('is known by its class alone where one library writes the module along', () => {
    const names = ['werkzeug.exceptions.NotFound', 'App\\Errors\\NotFound', 'app::NotFound', '*app.NotFound'];

    for (const type of names)
      expect(known(account({ type }), logged({ type: 'NotFound' })), type).toEqual([false, true]);
  });

  it("is known by its stack's words where Python's logging gives the bare argument for a message", () => {
    const stack = (line: number) =>
      `Traceback (most recent call last):\n  File "a.py", line ${line}, in f\n    f()\nKeyError: 'a'\n`;
    const span = account({ type: 'KeyError', message: "'a'", stack: stack(1) });

    expect(known(span, logged({ type: 'KeyError', message: 'a', stack: stack(2) }))).toEqual([false, true]);
    expect(
      known(span, logged({ type: 'KeyError', message: 'b', stack: stack(2).replace("'a'", "'b'") })),
    ).toEqual([false, false]);
  });

  it('is not taken for its cause of the same class', () => {
    const cause = 'Traceback (most recent call last):\nValueError: inner\n';
    const stacks = [
      `${cause}\nThe above exception was the direct cause of the following exception:\n\n${cause.replace('inner', 'm')}`,
      'ValueError: m\n\tat a.B.c(B.java:1)\nCaused by: ValueError: inner\n\tat a.B.d(B.java:2)\n',
      'ValueError\n\tat a.B.c(B.java:1)\nCaused by: ValueError: inner\n\tat a.B.d(B.java:2)\n',
    ];

    for (const stack of stacks)
      expect(known(logged({ message: 'inner' }), account({ stack })), stack).toEqual([false, false]);
  });

  it('is two where it is logged twice and no span tells of it', () => {
    expect(known(logged(), logged({ place: '2:1' }))).toEqual([false, false]);
  });

  it('is told again by who finds it worse: a log record of what the span got over', () => {
    const handled = account({ severity: ERROR - 1 });

    expect(known(handled, logged(), logged({ place: '2:1', severity: ERROR - 1 }))).toEqual([
      false,
      false,
      true,
    ]);
    expect(known(logged({ severity: ERROR - 1 }), account())).toEqual([false, false]);
    expect(known(handled, account({ source: 'segment', place: '3' }))).toEqual([false, true]);
  });

  it('has the same answer for a record that is read again', () => {
    const handled = account({ severity: ERROR - 1 });

    expect(known(handled, logged(), handled, logged())).toEqual([false, false, false, false]);
    expect(known(account(), logged(), account(), logged())).toEqual([false, true, false, true]);
  });
});
