// Part of the tests: what the owner of the application is told about its segments, and what is not worth telling.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Accepted } from '../../../src/model/signals.ts';
import { frameDocuments } from '../../../src/protocols/xray/datagram.ts';
import { createAdviser } from '../../../src/receivers/aws-xray/advice.ts';
import { Rules } from '../../../src/sampling/rules.ts';
import { type AdviceBook, createAdviceBook } from '../../../src/telemetry/advice.ts';
import { cruddur, makeSampling, recordOf } from '../../sampling/support.ts';
import { accepted, ManualClock } from '../../support/records.ts';

let clock: ManualClock;
let book: AdviceBook;
let give: (...documents: readonly (object | string)[]) => void;

function begin(options: { isXRayOn?: boolean; rules?: readonly object[] } = {}): void {
  clock = new ManualClock();
  book = createAdviceBook(() => undefined, clock);
  const sampling = new Rules(0);
  sampling.replace('files', (options.rules ?? []) as never, 0);
  const adviser = createAdviser({ book, sampling, isXRayOn: true, clock, ...options });
  give = (...documents) => {
    const texts = documents.map((one) => Buffer.from(typeof one === 'string' ? one : JSON.stringify(one)));
    const record: Accepted = { ...accepted('', texts.length, 'segments'), payload: frameDocuments(texts) };
    expect(adviser(record)).toBe(record);
    clock.advance(20);
  };
}

beforeEach(() => begin());

let made = 0;
const newId = () => (++made).toString(16).padStart(16, '0');
const segment = (changes: object = {}): object => ({
  trace_id: `1-6b00f63f-${newId().padStart(24, 'a')}`,
  id: newId(),
  name: 'backend-flask',
  start_time: 1,
  end_time: 2,
  ...changes,
});
const codes = () => book.list().map(({ code }) => code);
const messages = () => book.list().map(({ message }) => message);

describe('segments under a name that no rule is for', () => {
  const withRules = (...rules: readonly object[]) => begin({ rules: rules.map((one) => recordOf(one)) });

  it('are told, with the names that rules are for', () => {
    withRules({}, { RuleName: 'B', ServiceName: 'worker-*' });
    for (let times = 0; times < 3; times++) give(segment({ name: '4567-ws.gitpod.io' }));

    expect(book.list()).toEqual([
      {
        code: 'sampling_rule_unmatched',
        message:
          'segments named "4567-ws.gitpod.io" arrive, and no sampling rule but Default is for that ServiceName; the rules are for backend-flask, worker-*',
        fix: expect.stringContaining('dynamic naming'),
        since: '2027-01-15T08:00:00.000Z',
        count: 3,
      },
    ]);
  });

  it.each([
    ['a rule is for the name', [cruddur]],
    ['a rule is for every name', [{ ServiceName: 'other' }, { RuleName: 'All', ServiceName: '*' }]],
    ['there is only Default', []],
  ])('are not told when %s', (_what, rules) => {
    withRules(...rules);
    give(segment());

    expect(codes()).toEqual([]);
  });

  it('are not subsegments, which are named after what they call', () => {
    withRules({});
    give(segment({ type: 'subsegment', name: 'dynamodb', parent_id: newId() }));

    expect(codes()).toEqual([]);
  });
});

describe('a document', () => {
  it('near 64 KB is told with its size', () => {
    give(segment({ metadata: { default: { a: 'x'.repeat(60_000) } } }));

    expect(codes()).toEqual(['document_near_limit']);
    expect(messages()[0]).toMatch(/^a document of "backend-flask" has 60\d\d\d bytes; X-Ray takes 65536/);
  });

  it('far from it is not', () => {
    give(segment({ metadata: { default: { a: 'x'.repeat(58_000) } } }));

    expect(codes()).toEqual([]);
  });

  it('is found among many', () => {
    const large = segment({ name: 'large', metadata: 'x'.repeat(60_000) });
    give(...Array.from({ length: 50 }, () => segment()), large, segment());

    expect(messages()[0]).toContain('"large"');
  });
});

describe('a trace', () => {
  const traceId = '1-6b00f63f-a3e68852443a73646a96d06c';
  const kilobyte = () => segment({ trace_id: traceId, metadata: 'x'.repeat(900) });

  it('near its quota is told, once', () => {
    for (let sent = 0; sent < 450; sent++) give(kilobyte());

    expect(book.list()).toEqual([
      expect.objectContaining({
        code: 'trace_near_quota',
        message: expect.stringContaining(traceId),
        count: 1,
      }),
    ]);
  });

  it('is found among others that are small', () => {
    for (let sent = 0; sent < 480; sent++)
      give(...Array.from({ length: 5 }, () => segment({ metadata: 'x'.repeat(900) })), kilobyte());

    expect(codes()).toEqual(['trace_near_quota']);
  });

  it('of 250 KB is not told, nor are many small ones', () => {
    for (let sent = 0; sent < 250; sent++) give(kilobyte());
    for (let sent = 0; sent < 2000; sent++) give(segment({ metadata: 'x'.repeat(900) }));

    expect(codes()).toEqual([]);
  });
});

describe('a name', () => {
  it.each([
    ['pay!me', '"!"'],
    ['a;b', '";"'],
    ['rocket \u{1f680}', '"\u{1f680}"'],
    ['a\u0000b', String.raw`"\u0000"`],
  ])('%j is told with its offending character', (name, character) => {
    give(segment({ name }));

    expect(codes()).toEqual(['invalid_name']);
    expect(messages()[0]).toContain(`has the character ${character}`);
  });

  it('that is too long is told', () => {
    give(segment({ name: 'x'.repeat(201) }));

    expect(messages()[0]).toContain('more than 200 characters');
  });

  it.each(['backend-flask', 'a.b:c/d%e&f#g=h+i\\j-k@l_m', 'caf\u00e9 \u4e2d', '4567-ws.gitpod.io'])(
    '%s is good',
    (name) => {
      give(segment({ name }));

      expect(codes()).toEqual([]);
    },
  );
});

describe('what was sent in progress', () => {
  const open = (id: string) => segment({ id, name: 'job', in_progress: true, end_time: undefined });
  const later = (ms: number) => {
    clock.advance(ms);
    give(segment());
  };

  it('is told when it is not completed within 15 minutes', () => {
    give(open('0fce5f51329a0ac4'));
    later(14 * 60_000);
    expect(codes()).toEqual([]);
    later(61_000);

    expect(book.list()).toEqual([
      expect.objectContaining({
        code: 'in_progress_left_open',
        message: '"job" (0fce5f51329a0ac4) was sent as in progress and not completed within 15 minutes',
      }),
    ]);
    later(16 * 60_000);
    expect(book.list()[0]?.count).toBe(1);
  });

  it('is not told when a later document completes it', () => {
    give(open('0fce5f51329a0ac4'));
    give(segment(), segment({ id: '0FCE5F51329A0AC4', name: 'job' }), segment());
    later(16 * 60_000);

    expect(codes()).toEqual([]);
  });

  it("may be a subsegment within another's document, as Python sends those that outlive their segment", () => {
    const late = { id: 'a02dd42e83759018', name: 'late', in_progress: true, type: 'subsegment' };
    const orphan = { id: 'b02dd42e83759018', name: 'orphan', in_progress: true, type: 'subsegment' };
    give(segment({ subsegments: [late, orphan] }));
    give(segment({ ...late, in_progress: false }));
    later(16 * 60_000);

    expect(messages()).toEqual([expect.stringContaining('"orphan"')]);
  });

  it('is not completed by documents that only name it as their parent', () => {
    give(open('0fce5f51329a0ac4'));
    give(segment({ parent_id: '0fce5f51329a0ac4' }));
    later(16 * 60_000);

    expect(codes()).toEqual(['in_progress_left_open']);
  });
});

describe('looking', () => {
  it('takes any bytes for documents', () => {
    give('', '{', 'x'.repeat(70_000), '"trace_id"', '{"name":7,"id":[]}');

    expect(codes()).toEqual(['document_near_limit']);
  });

  it('leaves alone what are no segments, and dead letters that are sent again', () => {
    const adviser = createAdviser({ book, sampling: makeSampling().sampling, isXRayOn: true, clock });
    const payload = frameDocuments([Buffer.from(JSON.stringify(segment({ name: 'pay!me' })))]);
    void adviser({ ...accepted('', 1, 'traces'), payload });
    void adviser({ ...accepted('', 1, 'segments'), payload, origin: { peer: '', replayOf: '1:0@2' } });

    expect(codes()).toEqual([]);
  });

  it("does not tell of X-Ray's limits where X-Ray is off", () => {
    begin({ isXRayOn: false });
    give(segment({ name: 'pay!me' }));
    for (let sent = 0; sent < 450; sent++)
      give(segment({ trace_id: '1-6b00f63f-a3e68852443a73646a96d06c', metadata: 'x'.repeat(1000) }));

    expect(codes()).toEqual([]);
  });
});
