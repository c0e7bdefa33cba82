// Part of delivery: what of a record a destination is not to get, decided before its exporter encodes anything.
import type { JournalRecord } from '../model/signals.ts';
import { appendToSpans } from '../protocols/otlp/append.ts';
import { unsettledParts } from './bisect.ts';
import type { Asked, Encoded, Exporter, Skip } from './exporter.ts';

/** Of a record, for one destination. */
export interface Choice {
  /** Runs of source items that it is not to get, ascending, none twice. */
  without: readonly Skip[];
  /** Attributes to add to spans, by index, as they are written in a span. */
  added?: ReadonlyMap<number, Uint8Array>;
  /** The record is encoded by this choice, and by no later one. */
  onUse?(): void;
  /** Decide again at this time, by the same clock as `receivedAtMs`; what is in memory then is decided as it stands. */
  undecidedUntilMs?: number;
  /** More is known to tell at this time, of what goes in any case: so not waited for when the process stops. */
  vagueUntilMs?: number;
}

export type Chooser = (record: JournalRecord) => Choice;

export const EVERYTHING: Choice = { without: [] };

/** Destinations that keep up share a record: the first one looks. */
export function oncePerPayload<T extends object>(
  look: (record: JournalRecord) => T,
): (record: JournalRecord) => T {
  const found = new WeakMap<Uint8Array, T>();
  return (record) => {
    const known = found.get(record.payload);
    if (known) return known;
    const seen = look(record);
    found.set(record.payload, seen);
    return seen;
  };
}

/** Makes the last run longer, where this one follows it: all have one reason. */
export function append(skips: Skip[], skip: Skip): void {
  const last = skips.at(-1);
  if (last?.to === skip.from) last.to = skip.to;
  else skips.push(skip);
}

export function onlyWhile(isOn: () => boolean, chooser: Chooser): Chooser {
  return (record) => (isOn() ? chooser(record) : EVERYTHING);
}

/** The exporter, told only of what was chosen for it. The first chooser that has something against an item gives the reason. */
export function choosing<T>(exporter: Exporter<T>, choosers: readonly Chooser[]): Exporter<T> {
  if (choosers.length === 0) return exporter;
  const choices = (record: JournalRecord) => choosers.map((choose) => choose(record));
  /** What is not held is encoded next. */
  let decided: { record: JournalRecord; choices: readonly Choice[] } | undefined;
  return {
    ...exporter,
    holdUntilMs(record, isStopping) {
      const made = choices(record);
      const times = made.flatMap(({ undecidedUntilMs, vagueUntilMs }) =>
        [undecidedUntilMs, isStopping ? undefined : vagueUntilMs].filter((time) => time !== undefined),
      );
      decided = times.length === 0 ? { record, choices: made } : undefined;
      return times.length === 0 ? exporter.holdUntilMs?.(record, isStopping) : Math.max(...times);
    },
    encode(record, asked) {
      const made = decided?.record === record ? decided.choices : choices(record);
      decided = undefined;
      for (const choice of made) choice.onUse?.();
      const without = made.flatMap((choice) => choice.without);
      const added = joined(made.flatMap((choice) => [...(choice.added ?? [])]));
      const whole = added.size === 0 ? record : { ...record, payload: appendToSpans(record.payload, added) };
      return without.length === 0
        ? exporter.encode(whole, asked)
        : encodeWithout(exporter, whole, without, asked);
    },
  };
}

/** Several choosers may add to one span. */
function joined(added: readonly (readonly [number, Uint8Array])[]): ReadonlyMap<number, Uint8Array> {
  const all = new Map<number, Uint8Array>();
  for (const [index, bytes] of added)
    all.set(index, Buffer.concat([all.get(index) ?? new Uint8Array(), bytes]));
  return all;
}

function encodeWithout<T>(
  exporter: Exporter<T>,
  record: JournalRecord,
  without: readonly Skip[],
  asked: Asked | undefined,
): Encoded<T> {
  const isOut = new Uint8Array(record.summary.items);
  const isAway = (index: number) => isOut[index] !== 0;
  const skipped: Skip[] = [];
  for (const skip of without) {
    skipped.push(...keptRuns([skip], isAway));
    isOut.fill(1, skip.from, skip.to);
  }
  if (!isOut.includes(0)) return { items: [], skipped, rejected: [] };
  const encoded = exporter.encode(record, { ...asked, isOut: isAway });
  return {
    items: encoded.items.flatMap((item) => unsettledParts(item, isAway, exporter)),
    skipped: [...skipped, ...keptRuns(encoded.skipped, isAway)],
    rejected: keptRuns(encoded.rejected, isAway),
    waiting: keptRuns(encoded.waiting ?? [], isAway),
  };
}

/** What the exporter said about items that it was not to get is not said. */
function keptRuns<R extends { from: number; to: number }>(
  runs: readonly R[],
  isAway: (index: number) => boolean,
): R[] {
  return runs.flatMap((run) => {
    const kept: R[] = [];
    for (let from = run.from; from < run.to; from++) {
      let to = from;
      while (to < run.to && !isAway(to)) to++;
      if (to > from) kept.push({ ...run, from, to });
      from = to;
    }
    return kept;
  });
}
