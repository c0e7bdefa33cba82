// Part of the tests: a vendor that does as it is told, and a delivery over a real journal in memory.
import type { DeadLetter } from '../../src/delivery/dead-letters/letter.ts';
import { createDeadLetterMemory, type DeadLetterMemory } from '../../src/delivery/dead-letters/memory.ts';
import type {
  BatchLimits,
  Encoded,
  EncodedItem,
  Exporter,
  ExportResult,
} from '../../src/delivery/exporter.ts';
import { Delivery } from '../../src/delivery/loop.ts';
import type { Journal, JournalEvents } from '../../src/journal/journal.ts';
import type { JournalOptions } from '../../src/journal/open.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Accepted, JournalRecord } from '../../src/model/signals.ts';
import { frameDocuments } from '../../src/protocols/xray/datagram.ts';
import { ManualClock, startJournal } from './records.ts';

export type Answer = (items: readonly EncodedItem<string>[]) => ExportResult | Promise<ExportResult>;

export const ok: ExportResult = { status: 'delivered', refused: [] };
export const reason = (code: 'vendor_rejected' | 'throttled' | 'unauthorized' | 'vendor_unavailable') => ({
  code,
  message: code,
  fix: 'none',
});

export const LIMITS: BatchLimits = {
  maxItems: 10,
  maxBytes: 1000,
  ordered: false,
  maxWaitMs: 100,
  concurrency: 2,
};

/** Documents `a`, `b`, ... become items of those names; `skip…` is skipped, `bad…` rejected; `p:x` goes to partition p. */
export function stubExporter(
  answer: Answer,
  limits: Partial<BatchLimits> = {},
): Exporter<string> & { sent: string[][] } {
  const sent: string[][] = [];
  return {
    sent,
    limits: { ...LIMITS, ...limits },
    encode,
    async send(items) {
      sent.push(items.map((item) => item.value));
      return answer(items);
    },
    async *check() {},
    traceUrl: () => undefined,
    close: async () => undefined,
  };
}

function encode(record: JournalRecord): Encoded<string> {
  const names = namesOf(record);
  const items = names.flatMap((name, index) =>
    /^(skip|bad)/.test(name) ? [] : [toItem(record, name, index)],
  );
  const skipped = names.flatMap((name, from) =>
    name.startsWith('skip') ? [{ from, to: from + 1, code: 'not_applicable' as const }] : [],
  );
  const rejected = names.flatMap((name, from) =>
    name.startsWith('bad')
      ? [{ from, to: from + 1, reason: { ...reason('vendor_rejected'), code: 'invalid_item' as const } }]
      : [],
  );
  return { items, skipped, rejected };
}

function toItem(record: JournalRecord, name: string, index: number): EncodedItem<string> {
  const partition = name.includes(':') ? (name.split(':')[0] ?? '') : '';
  const sources = { position: record.position, from: index, to: index + 1 };
  return { partition, bytes: name.length, timeUnixMs: record.receivedAtMs, sources, value: name };
}

function namesOf(record: JournalRecord): string[] {
  const text = Buffer.from(record.payload);
  const names: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = text.readUInt32BE(at);
    names.push(text.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return names;
}

export function segments(...names: string[]): Accepted {
  return {
    signal: 'segments',
    receivedAtMs: 1_800_000_000_000,
    payload: frameDocuments(names.map((name) => Buffer.from(name))),
    summary: { items: names.length, serverSpans: 0, errors: 0, exceptions: 0, untimed: 0, services: [] },
    origin: { peer: '127.0.0.1' },
  };
}

export interface Rig {
  journal: Journal;
  ledger: Ledger;
  clock: ManualClock;
  delivery: Pick<Delivery<unknown>, 'shutdown' | 'handOver'>;
  letters: readonly DeadLetter[];
  accept(accepted: Accepted): Promise<number>;
  /** Turns the clock until the condition holds: every timer in between runs. */
  until(condition: () => boolean): Promise<void>;
  counts(): NonNullable<ReturnType<Ledger['account']>>['counts'];
  stop(): Promise<void>;
}

/** Beside what the journal may be told. */
export interface RigOptions extends Partial<JournalOptions> {
  /** Others deliver what this one leaves. */
  isShared?: boolean;
  letters?: Pick<DeadLetterMemory, 'write' | 'newest'>;
}

/** How long a condition may take: so many timers of the clock that is turned by hand, and so long for the disk. */
const TURNS = 5000;
const WITHIN_MS = 10_000;

export async function startRig<T>(
  exporter: Exporter<T>,
  dataDir = 'memory',
  random = () => 0.5,
  clock = new ManualClock(),
  onError: (error: Error) => void = (error) => {
    throw error;
  },
  { letters = createDeadLetterMemory(), isShared = false, ...options }: RigOptions = {},
): Promise<Rig> {
  const ledger = new Ledger();
  ledger.open('aws-xray', clock.now());
  const events: JournalEvents = {
    recovered: ({ summary, settledItems }) => ledger.accept('aws-xray', summary.items - settledItems),
    evicted: ({ position, items, code, record }) => delivery.evicted(position, items, code, record),
    missing: () => undefined,
    memoryLost: (_, items) => ledger.settle('aws-xray', 'dropped', items, 'memory_lost'),
    writable: () => undefined,
  };
  const journal = await startJournal({ dataDir, destinations: ['aws-xray'], clock, events, ...options });
  const delivery: Delivery<T> = new Delivery({
    destination: 'aws-xray',
    exporter,
    journal: Object.assign(journal, { isShared }),
    ledger,
    deadLetters: letters,
    clock,
    random,
    onError,
  });
  await delivery.start();
  return {
    journal,
    ledger,
    clock,
    delivery,
    letters: letters.newest,
    accept: (accepted) => journal.append(accepted, () => ledger.accept('aws-xray', accepted.summary.items)),
    async until(condition) {
      const deadlineMs = performance.now() + WITHIN_MS;
      for (let turn = 0; turn < TURNS || performance.now() < deadlineMs; turn++) {
        for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
        if (condition()) return;
        const { nextAtMs } = clock;
        if (nextAtMs !== undefined) clock.advance(Math.max(0, nextAtMs - clock.now()));
      }
      throw new Error(`the condition never held: ${JSON.stringify(ledger.account('aws-xray'))}`);
    },
    counts: () => ({ ...(ledger.account('aws-xray') as NonNullable<ReturnType<Ledger['account']>>).counts }),
    async stop() {
      await delivery.shutdown(AbortSignal.abort());
      await journal.shutdown(AbortSignal.abort());
    },
  };
}
