// Part of the tests: documents are gathered, bounded, and never silently lost.
import { beforeEach, describe, expect, it } from 'vitest';
import { createAdmission } from '../../../src/intake/admission.ts';
import { type Intake, RefusedError } from '../../../src/intake/intake.ts';
import type { Clock } from '../../../src/model/clock.ts';
import type { Accepted } from '../../../src/model/signals.ts';
import { readDocuments } from '../../../src/protocols/xray/datagram.ts';
import { createGatherer, GATHER_MS, type Gatherer } from '../../../src/receivers/aws-xray/gather.ts';

const texts = (accepted: Accepted | undefined) =>
  readDocuments(accepted?.payload ?? new Uint8Array()).map((document) => Buffer.from(document).toString());

let accepted: Accepted[];
let refused: [code: string, items: number][];
let failures: unknown[];
let timers: { delayMs: number; run: () => void }[];
let answer: () => Promise<void>;
let gatherer: Gatherer;

beforeEach(() => {
  accepted = [];
  refused = [];
  failures = [];
  timers = [];
  answer = () => Promise.resolve();
  const intake: Intake = {
    admission: createAdmission(1),
    accept(receiver, record) {
      expect(receiver).toBe('aws-xray');
      accepted.push(record);
      return answer();
    },
    hasRoom: () => true,
    refuse: (_receiver, code, items) => refused.push([code, items]),
  };
  const clock: Clock = {
    now: () => 1234,
    schedule(delayMs, run) {
      const timer = { delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };
  gatherer = createGatherer(intake, clock, (error) => failures.push(error));
});

const fire = () => {
  const due = timers;
  timers = [];
  for (const { run } of due) run();
};

describe('gathering', () => {
  it('appends the documents of a few milliseconds as one record, in order', () => {
    gatherer.add(Buffer.from('{"http":{}}'), '127.0.0.1');
    gatherer.add(Buffer.from('{"fault":true}'), '127.0.0.1');
    expect(accepted).toEqual([]);
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([GATHER_MS]);
    fire();
    expect(accepted).toHaveLength(1);
    expect(accepted[0]).toMatchObject({
      signal: 'segments',
      receivedAtMs: 1234,
      origin: { peer: '127.0.0.1' },
      summary: { items: 2, serverSpans: 1, errors: 1 },
    });
    expect(texts(accepted[0])).toEqual(['{"http":{}}', '{"fault":true}']);
  });

  it('starts a new timer after each record', () => {
    for (const document of ['a', 'b']) {
      gatherer.add(Buffer.from(document), 'peer');
      fire();
    }
    expect(accepted.map(texts)).toEqual([['a'], ['b']]);
    expect(timers).toEqual([]);
  });

  it('keeps the documents of different peers in different records', () => {
    gatherer.add(Buffer.from('a1'), 'a');
    gatherer.add(Buffer.from('b1'), 'b');
    gatherer.add(Buffer.from('a2'), 'a');
    fire();
    expect(accepted.map((record) => [record.origin.peer, texts(record)])).toEqual([
      ['a', ['a1', 'a2']],
      ['b', ['b1']],
    ]);
  });

  it('does not wait once 256 KiB are together', () => {
    for (let i = 0; i < 5; i++) gatherer.add(Buffer.alloc(60_000, 'x'), 'peer');
    expect(accepted.map((record) => record.summary.items)).toEqual([5]);
  });

  it('hands over what waits when it is flushed, and resolves once intake has settled it', async () => {
    const { promise, resolve } = withResolvers();
    answer = () => promise;
    gatherer.add(Buffer.from('a'), 'peer');
    let isFlushed = false;
    const flushed = gatherer.flush().then(() => {
      isFlushed = true;
    });
    expect(accepted.map(texts)).toEqual([['a']]);
    await Promise.resolve();
    expect(isFlushed).toBe(false);
    resolve();
    await flushed;
    expect(timers).toEqual([]);
  });
});

describe('what cannot be taken', () => {
  it('is counted with the reason that intake gives', async () => {
    answer = () => Promise.reject(new RefusedError('journal_unavailable', 'full'));
    gatherer.add(Buffer.from('a'), 'peer');
    gatherer.add(Buffer.from('b'), 'peer');
    await gatherer.flush();
    expect(refused).toEqual([['journal_unavailable', 2]]);
    expect(failures).toEqual([]);
  });

  it('is counted and reported as a bug when intake fails in another way', async () => {
    answer = () => Promise.reject(new TypeError('bug'));
    gatherer.add(Buffer.from('a'), 'peer');
    await gatherer.flush();
    expect(refused).toEqual([['internal', 1]]);
    expect(failures).toHaveLength(1);
  });

  it('is refused beyond 8 MiB of waiting bytes, and taken again when intake has caught up', async () => {
    const { promise, resolve } = withResolvers();
    answer = () => promise;
    const document = Buffer.alloc(64_000);
    for (let i = 0; i < 200; i++) gatherer.add(document, 'peer');
    const overloaded = refused.length;
    expect(overloaded).toBeGreaterThan(60);
    expect(overloaded).toBeLessThan(80);
    expect(refused.every(([code, items]) => code === 'overloaded' && items === 1)).toBe(true);
    resolve();
    await gatherer.flush();
    gatherer.add(document, 'peer');
    expect(refused).toHaveLength(overloaded);
    const items = accepted.reduce((sum, record) => sum + record.summary.items, 0);
    expect(items + overloaded).toBe(200);
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
