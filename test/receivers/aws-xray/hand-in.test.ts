// Part of the tests: batches become records of one peer each, and a block is free only when intake has settled it.
import { beforeEach, describe, expect, it } from 'vitest';
import { createAdmission } from '../../../src/intake/admission.ts';
import { RefusedError } from '../../../src/intake/intake.ts';
import { noPool } from '../../../src/model/buffer-pool.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { Accepted } from '../../../src/model/signals.ts';
import { readDocuments } from '../../../src/protocols/xray/datagram.ts';
import { type Blocks, createBlocks } from '../../../src/receivers/aws-xray/blocks.ts';
import { createGatherer } from '../../../src/receivers/aws-xray/gather.ts';
import { createHandIn, type HandIn } from '../../../src/receivers/aws-xray/hand-in.ts';
import type { Batch } from '../../../src/receivers/aws-xray/messages.ts';

let accepted: Accepted[];
let refused: [code: string, items: number][];
let failures: unknown[];
let said: unknown[];
let answer: () => Promise<void>;
let blocks: Blocks;
let handIn: HandIn;

beforeEach(() => {
  accepted = [];
  refused = [];
  failures = [];
  answer = () => Promise.resolve();
  blocks = createBlocks();
  const intake = {
    admission: createAdmission(1),
    accept(receiver: string, record: Accepted) {
      expect(receiver).toBe('aws-xray');
      accepted.push(record);
      return answer();
    },
    hasRoom: () => true,
    setAside: () => undefined,
    refuse: (_receiver: string, code: string, items: number) => void refused.push([code, items]),
  };
  said = [];
  handIn = createHandIn(intake, noPool, {
    onRefused: (one) => void said.push(one),
    onFailure: (error) => void failures.push(error),
  });
});

function batchOf(...datagrams: [peer: string, document: string][]): Batch {
  let batch: Batch | undefined;
  const gatherer = createGatherer(blocks, systemClock, (made) => {
    batch = made;
  });
  for (const [peer, document] of datagrams)
    gatherer.add(Buffer.from(`{"format":"json","version":1}\n${document}`), peer);
  gatherer.flush();
  if (!batch) throw new Error('nothing was gathered');
  return batch;
}

const texts = ({ payload }: Accepted) =>
  readDocuments(payload).map((document) => Buffer.from(document).toString());

describe('a batch', () => {
  it('is a record with its summary', async () => {
    const batch = batchOf(['127.0.0.1', '{"http":{}}'], ['127.0.0.1', '{"fault":true}\n']);
    await handIn.take(batch, blocks);
    expect(accepted).toHaveLength(1);
    expect(accepted[0]).toMatchObject({
      signal: 'segments',
      receivedAtMs: batch.receivedAtMs,
      origin: { peer: '127.0.0.1' },
      summary: { items: 2, serverSpans: 1, errors: 1 },
    });
    expect(accepted.map(texts)).toEqual([['{"http":{}}', '{"fault":true}\n']]);
  });

  it('of several peers is a record for each, in order', async () => {
    await handIn.take(batchOf(['a', 'a1'], ['b', 'b1'], ['a', 'a2']), blocks);
    expect(accepted.map((record) => [record.origin.peer, record.summary.items, texts(record)])).toEqual([
      ['a', 2, ['a1', 'a2']],
      ['b', 1, ['b1']],
    ]);
  });

  it('keeps its block until intake has settled it, and its record keeps nothing of the block', async () => {
    const { promise, resolve } = withResolvers();
    answer = () => promise;
    const batch = batchOf(['a', 'first']);
    const taken = handIn.take(batch, blocks);
    await Promise.resolve();
    expect(blocks.inUse()).toBe(1);

    resolve();
    await taken;

    expect(blocks.inUse()).toBe(0);
    blocks.bytes(batch.block!).fill('x');
    expect(accepted.map(texts)).toEqual([['first']]);
  });

  it('is waited for', async () => {
    const { promise, resolve } = withResolvers();
    answer = () => promise;
    void handIn.take(batchOf(['a', 'first']), blocks);
    let isSettled = false;
    const settled = handIn.settled().then(() => {
      isSettled = true;
    });
    await new Promise(setImmediate);
    expect(isSettled).toBe(false);
    resolve();
    await settled;
  });
});

describe('what intake does not take', () => {
  it('is counted with the reason that intake gives', async () => {
    answer = () => Promise.reject(new RefusedError('journal_unavailable', 'full'));
    await handIn.take(batchOf(['a', '1'], ['a', '2'], ['b', '3']), blocks);
    expect(refused).toEqual([
      ['journal_unavailable', 2],
      ['journal_unavailable', 1],
    ]);
    expect(said).toEqual([
      { code: 'journal_unavailable', datagrams: 2, peer: 'a' },
      { code: 'journal_unavailable', datagrams: 1, peer: 'b' },
    ]);
    expect(failures).toEqual([]);
    expect(blocks.inUse()).toBe(0);
  });

  it('is counted and reported as a bug when intake fails in another way', async () => {
    answer = () => Promise.reject(new TypeError('bug'));
    await handIn.take(batchOf(['a', '1']), blocks);
    expect(refused).toEqual([['internal', 1]]);
    expect(failures).toHaveLength(1);
    expect(blocks.inUse()).toBe(0);
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
