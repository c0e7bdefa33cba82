// Part of the tests: the law of the books, and of every item, through any mix of answers, outages, blockades, shutdowns and crashes.
import { cp, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EncodedItem, ExportResult, Refusal } from '../../src/delivery/exporter.ts';
import { isConserved } from '../../src/ledger/account.ts';
import { LIMITS, ok, type Rig, reason, segments, startRig, stubExporter } from '../support/delivery.ts';
import { itemsInFlight } from '../support/limits.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';

type Items = readonly EncodedItem<string>[];

const ANSWERS = [
  'ok',
  'ok',
  'unavailable',
  'unreachable',
  'throttled',
  'blocked',
  'poison',
  'partial',
  'anonymous',
  'bug',
  'hang',
] as const;
type Answer = (typeof ANSWERS)[number];

const flood = fc
  .record({ name: fc.constantFrom('a', 'p:b', 'q:c'), items: fc.integer({ min: 20, max: 60 }) })
  .map(({ name, items }) => ({ kind: 'accept' as const, names: Array.from({ length: items }, () => name) }));

const action = fc.oneof(
  { weight: 3, arbitrary: flood },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      names: fc.array(fc.constantFrom('a', 'p:b', 'q:c', 'skip', 'bad'), { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(10, 100, 500, 3000, 40_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), flush: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('refuse' as const),
      partition: fc.constantFrom('', 'p', 'q', undefined),
    }),
  },
);

/** So large that a few records fill what a destination may hold in memory. */
const ITEM_BYTES = 50_000;
const LARGE = { maxBytes: ITEM_BYTES * LIMITS.maxItems };

/** Settlements are written at most 100 ms later. */
const UNWRITTEN_MS = 100;
/** Writing what is due takes fewer trips to the disk than this. */
const DISK_TRIPS = 20;

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A vendor with books of its own, which outlive every crash. */
class Vendor {
  /** How often each source item has arrived. */
  readonly arrived = new Map<string, number>();
  readonly open = new Set<Items>();
  arrivals: string[] = [];
  refusedPartition: string | undefined;
  #calls = 0;
  readonly #healed = new AbortController();
  readonly #answers: readonly Answer[];

  constructor(answers: readonly Answer[]) {
    this.#answers = answers;
  }

  /** From now on everything is taken; what hung fails. */
  heal(): void {
    this.#healed.abort();
  }

  async take(items: Items, signal: AbortSignal): Promise<ExportResult> {
    expect(items.length).toBeLessThanOrEqual(LIMITS.maxItems);
    expect(new Set(items.map(({ partition }) => partition)).size).toBe(1);
    this.open.add(items);
    try {
      return await this.#answer(items, signal);
    } finally {
      this.open.delete(items);
    }
  }

  async #answer(items: Items, signal: AbortSignal): Promise<ExportResult> {
    await endOfTurn();
    const kind = this.#healed.signal.aborted
      ? 'ok'
      : (this.#answers[this.#calls++ % this.#answers.length] ?? 'ok');
    if (!this.#healed.signal.aborted && items[0]?.partition === this.refusedPartition)
      return { status: 'blocked', reason: reason('unauthorized') };
    switch (kind) {
      case 'unavailable':
        return { status: 'retryable', reason: reason('vendor_unavailable'), counts: true };
      case 'unreachable':
        return { status: 'retryable', reason: reason('vendor_unavailable'), counts: false };
      case 'throttled':
        return { status: 'retryable', reason: reason('throttled'), counts: false, retryAfterMs: 2000 };
      case 'blocked':
        return { status: 'blocked', reason: reason('unauthorized') };
      case 'poison':
        return { status: 'rejected', reason: reason('vendor_rejected') };
      case 'bug':
        throw new Error('a bug');
      case 'hang':
        await Promise.race([ended(signal), ended(this.#healed.signal)]);
        return { status: 'retryable', reason: reason('vendor_unavailable'), counts: false };
      case 'partial': {
        const refused = items.flatMap((_, index): Refusal[] =>
          index % 3 === 0
            ? []
            : [{ index, retryable: index % 3 === 1, reason: reason('throttled'), vendor: null }],
        );
        this.#arrive(items.filter((_, index) => index % 3 === 0));
        return { status: 'delivered', refused };
      }
      case 'anonymous':
        this.#arrive(items);
        return { status: 'delivered', refused: [], anonymous: { items: 1, message: 'one' } };
      default:
        this.#arrive(items);
        return ok;
    }
  }

  #arrive(items: Items): void {
    for (const { sources } of items) {
      const id = `${sources.position}:${sources.from}`;
      this.arrived.set(id, (this.arrived.get(id) ?? 0) + 1);
      this.arrivals.push(id);
    }
  }
}

/** One run of the program after the other over the same data. */
class Lives {
  rig!: Rig;
  readonly vendor: Vendor;
  readonly clock = new ManualClock();
  readonly buried = new Set<string>();
  /** Items that may have arrived before a crash and came again after it. */
  mayRepeat = 0;
  #dirs: Awaited<ReturnType<typeof temporaryDir>>[] = [];
  #life = 0;
  /** When the journal heard of each item, or of a whole record, in this life. */
  #settledAtMs = new Map<string, number>();

  constructor(answers: readonly Answer[]) {
    this.vendor = new Vendor(answers);
  }

  async begin(): Promise<void> {
    if (this.#dirs.length === 0) this.#dirs.push(await temporaryDir());
    const life = ++this.#life;
    const exporter = stubExporter(() => ok, LARGE);
    this.vendor.arrivals = [];
    this.#settledAtMs = new Map();
    this.rig = await startRig(
      {
        ...exporter,
        encode(record) {
          const encoded = exporter.encode(record);
          return { ...encoded, items: encoded.items.map((item) => ({ ...item, bytes: ITEM_BYTES })) };
        },
        // What a dead process still does reaches nobody.
        send: async (items, signal) =>
          life === this.#life
            ? this.vendor.take(items, signal)
            : { status: 'retryable', reason: reason('vendor_unavailable'), counts: false },
      },
      this.#dirs.at(-1)?.path,
      () => 0.5,
      this.clock,
      () => undefined,
    );
    const { journal } = this.rig;
    const settle = journal.settle.bind(journal);
    const settledAtMs = this.#settledAtMs;
    journal.settle = (destination, position, items) => {
      if (items === 'whole') settledAtMs.set(`${position}`, this.clock.now());
      else
        for (let item = 0; item < items.capacity; item++)
          if (items.has(item)) settledAtMs.set(`${position}:${item}`, this.clock.now());
      settle(destination, position, items);
    };
  }

  async restart(flush: boolean): Promise<void> {
    const stop = new AbortController();
    const stopped = this.rig.delivery.shutdown(stop.signal);
    if (flush) await this.turns(20);
    stop.abort();
    await stopped;
    this.#remember();
    const owed = this.rig.counts().queued;
    await this.rig.stop();
    await this.begin();
    // The new account begins with what was owed: recovery has neither lost nor invented an item.
    expect(this.rig.counts().accepted).toBe(owed);
  }

  async crash(): Promise<void> {
    const dead = this.rig;
    const from = this.#dirs.at(-1)?.path ?? '';
    const onItsWay = [...this.vendor.open].reduce((sum, items) => sum + items.length, 0);
    expect(onItsWay).toBeLessThanOrEqual(itemsInFlight(LIMITS));
    const writtenBeforeMs = this.clock.now() - UNWRITTEN_MS;
    const isUnwritten = (id: string) => {
      const [position = ''] = id.split(':');
      const settledAtMs = this.#settledAtMs.get(id) ?? this.#settledAtMs.get(position);
      return settledAtMs === undefined || settledAtMs >= writtenBeforeMs;
    };
    this.mayRepeat += onItsWay + this.vendor.arrivals.filter(isUnwritten).length;
    const owed = dead.counts().queued;
    this.#life += 1;
    const to = await temporaryDir();
    this.#dirs.push(to);
    await cp(from, to.path, { recursive: true, filter: (path) => basename(path) !== 'lock' });
    this.#remember();
    await dead.stop();
    await this.begin();
    expect(this.rig.counts().accepted).toBeGreaterThanOrEqual(owed);
  }

  /** Until what was due to be written is written. */
  async writes(): Promise<void> {
    for (let trip = 0; trip < DISK_TRIPS; trip++) await stat(this.#dirs.at(-1)?.path ?? '');
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await endOfTurn();
  }

  async end(): Promise<void> {
    this.vendor.heal();
    await this.rig.until(() => this.rig.counts().queued === 0);
    this.#remember();
    await this.rig.stop();
    for (const dir of this.#dirs) await dir.remove();
  }

  #remember(): void {
    for (const { id } of this.rig.letters) this.buried.add(id);
  }
}

describe('the law of conservation', () => {
  it('holds at every moment, and every item arrives or is buried: once, but for what a crash repeats', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 30 }),
        fc.array(fc.constantFrom(...ANSWERS), { minLength: 1, maxLength: 20 }),
        async (actions, answers) => {
          const lives = new Lives(answers);
          await lives.begin();
          const owed = new Set<string>();
          for (const step of actions) {
            switch (step.kind) {
              case 'accept': {
                const record = { ...segments(...step.names), receivedAtMs: lives.clock.now() };
                const position = await lives.rig.accept(record);
                step.names.forEach((name, index) => {
                  if (!name.startsWith('skip')) owed.add(`${position}:${index}`);
                });
                break;
              }
              case 'wait':
                lives.clock.advance(step.ms);
                await lives.writes();
                break;
              case 'restart':
                await lives.restart(step.flush);
                break;
              case 'crash':
                await lives.crash();
                break;
              case 'refuse':
                lives.vendor.refusedPartition = step.partition;
            }
            await lives.turns(4);
            expect(isConserved(lives.rig.counts())).toBe(true);
          }
          await lives.end();

          expect(isConserved(lives.rig.counts())).toBe(true);
          const { arrived } = lives.vendor;
          expect([...owed].filter((id) => !arrived.has(id) && !lives.buried.has(id))).toEqual([]);
          expect([...arrived.keys()].filter((id) => !owed.has(id))).toEqual([]);
          const repeated = [...arrived.values()].reduce((sum, times) => sum + times - 1, 0);
          expect(repeated).toBeLessThanOrEqual(lives.mayRepeat);
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);
});
