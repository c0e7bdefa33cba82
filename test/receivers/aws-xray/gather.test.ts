// Part of the tests: datagrams are gathered into batches, bounded, and every one of them is counted.
import { beforeEach, describe, expect, it } from 'vitest';
import { readDocuments } from '../../../src/protocols/xray/datagram.ts';
import { BLOCK_BYTES, BLOCKS, type Blocks, createBlocks } from '../../../src/receivers/aws-xray/blocks.ts';
import { createGatherer, GATHER_MS, type Gatherer } from '../../../src/receivers/aws-xray/gather.ts';
import type { Batch } from '../../../src/receivers/aws-xray/messages.ts';
import { ManualClock } from '../../support/records.ts';

const HEADER = '{"format":"json","version":1}\n';

let clock: ManualClock;
let blocks: Blocks;
let batches: Batch[];
let gatherer: Gatherer;

beforeEach(() => {
  clock = new ManualClock();
  blocks = createBlocks();
  batches = [];
  gatherer = createGatherer(blocks, clock, (batch) => batches.push(batch));
});

const add = (document: string, peer = 'peer') => gatherer.add(Buffer.from(HEADER + document), peer);

/** By run, in the order in which they came. */
function documentsOf(batch: Batch | undefined): [peer: string, documents: string[]][] {
  if (batch?.block === undefined) return [];
  const bytes = blocks.bytes(batch.block);
  let offset = 0;
  return batch.runs.map((run) => {
    const documents = readDocuments(bytes.subarray(offset, offset + run.bytes));
    offset += run.bytes;
    return [run.peer, documents.map((document) => Buffer.from(document).toString())];
  });
}

const refusedIn = (list: readonly Batch[]) =>
  list.flatMap((batch) => batch.refused.map(({ code, datagrams, peer }) => [code, datagrams, peer]));

/** As the main thread does once intake has taken a batch. */
function free(list: readonly Batch[]): void {
  for (const { block } of list) if (block !== undefined) blocks.free(block);
}

describe('gathering', () => {
  it('hands over the documents of 40 ms as one batch, in order', () => {
    add('{"http":{}}');
    clock.advance(GATHER_MS - 1);
    add('{"fault":true}\n');
    expect(batches).toEqual([]);

    clock.advance(1);

    expect(batches.map(documentsOf)).toEqual([[['peer', ['{"http":{}}', '{"fault":true}\n']]]]);
    expect(batches[0]?.receivedAtMs).toBe(clock.now());
    expect(clock.nextAtMs).toBeUndefined();
  });

  it('waits anew for each batch', () => {
    for (const document of ['a', 'b']) {
      add(document);
      clock.advance(GATHER_MS);
      free(batches);
    }
    expect(batches).toHaveLength(2);
    expect(documentsOf(batches[1])).toEqual([['peer', ['b']]]);
  });

  it('tells the peers apart', () => {
    add('a1', 'a');
    add('a2', 'a');
    add('b1', 'b');
    add('a3', 'a');
    gatherer.flush();
    expect(documentsOf(batches[0])).toEqual([
      ['a', ['a1', 'a2']],
      ['b', ['b1']],
      ['a', ['a3']],
    ]);
  });

  it('copies what it was given', () => {
    const datagram = Buffer.from(`${HEADER}first`);
    gatherer.add(datagram, 'peer');
    datagram.fill('x');
    gatherer.flush();
    expect(documentsOf(batches[0])).toEqual([['peer', ['first']]]);
  });

  it('does not wait for time once a block is full', () => {
    const document = 'x'.repeat(60_000);
    for (let i = 0; i < 5; i++) add(document);
    expect(batches.map((batch) => documentsOf(batch)[0]?.[1])).toEqual([new Array(4).fill(document)]);
    clock.advance(GATHER_MS);
    free(batches.slice(0, 1));
    clock.advance(GATHER_MS);
    expect(documentsOf(batches[1])).toEqual([['peer', [document]]]);
  });

  it('lets a batch grow while an earlier one is under way: a slow journal gets few large records', () => {
    add('a');
    clock.advance(GATHER_MS);
    for (const document of ['b', 'c', 'd']) {
      add(document);
      clock.advance(GATHER_MS);
    }
    expect(batches).toHaveLength(1);

    free(batches);
    clock.advance(GATHER_MS);

    expect(documentsOf(batches[1])).toEqual([['peer', ['b', 'c', 'd']]]);
  });

  it('has nothing to hand over when nothing came', () => {
    gatherer.add(Buffer.alloc(0), 'peer');
    gatherer.flush();
    expect(batches).toEqual([]);
    expect(clock.nextAtMs).toBeUndefined();
  });
});

describe('what cannot be taken', () => {
  it('is counted by its code, with the peer that sent the last one', () => {
    add('{}');
    for (const peer of ['a', 'b']) gatherer.add(Buffer.from('no header'), peer);
    gatherer.add(Buffer.from('bad header\n{}'), 'c');
    gatherer.add(Buffer.from(HEADER), 'd');
    clock.advance(GATHER_MS);
    expect(batches.map(documentsOf)).toEqual([[['peer', ['{}']]]]);
    expect(refusedIn(batches)).toEqual([
      ['no_header', 2, 'b'],
      ['bad_header', 1, 'c'],
      ['empty_document', 1, 'd'],
    ]);
  });

  it('is told without a document, too, also while blocks are under way', () => {
    add('a');
    clock.advance(GATHER_MS);
    gatherer.add(Buffer.from('no header'), 'peer');
    clock.advance(GATHER_MS);
    expect(batches[1]).toMatchObject({ block: undefined, runs: [] });
    expect(refusedIn(batches)).toEqual([['no_header', 1, 'peer']]);
  });

  it('is refused beyond 16 MiB, to the datagram, and taken again as soon as a block is free', () => {
    const document = 'x'.repeat(60_000);
    const fitInBlock = Math.floor(BLOCK_BYTES / (document.length + 4));
    for (let i = 0; i < 400; i++) add(document);
    clock.advance(GATHER_MS);
    const taken = () => batches.flatMap((batch) => documentsOf(batch).flatMap(([, documents]) => documents));
    expect(BLOCKS * BLOCK_BYTES).toBe(16 * 1024 * 1024);
    expect(taken()).toHaveLength(BLOCKS * fitInBlock);
    expect(refusedIn(batches)).toEqual([['overloaded', 400 - BLOCKS * fitInBlock, 'peer']]);

    free(batches.slice(0, 1));
    add('y');
    clock.advance(GATHER_MS);
    free(batches.slice(1));
    clock.advance(GATHER_MS);

    expect(documentsOf(batches.at(-1))).toEqual([['peer', ['y']]]);
    expect(refusedIn(batches)).toHaveLength(1);
  });
});

describe('what is in hand', () => {
  it('is known to the other thread at any time', () => {
    expect(blocks.inHand).toBe(0);
    add('a');
    gatherer.add(Buffer.from('no header'), 'peer');
    gatherer.add(Buffer.alloc(0), 'peer');
    expect(blocks.inHand).toBe(2);
    clock.advance(GATHER_MS);
    expect(blocks.inHand).toBe(0);
  });
});
