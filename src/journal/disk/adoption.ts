// Part of the journal: takes over what an earlier run left: its segments, its cursors, and the count of what is not there any more.
// This happens at the start, or later when the directory could not be used until then: what was taken in meanwhile comes behind.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Clock } from '../../model/clock.ts';
import { DESTINATION_IDS, type DestinationId, type Origin, type Position } from '../../model/signals.ts';
import { Cursor } from '../cursors.ts';
import type { HomeParts } from '../home.ts';
import type { Segment } from '../segment.ts';
import { Settlements } from '../settlements.ts';
import { type CursorContents, CursorFile, isCursorKept } from './cursor-file.ts';
import type { DataDirectory } from './directory.ts';
import { type Files, isOfTheFile } from './files.ts';
import { type Earlier, readEarlier } from './recovery.ts';
import type { DiskStore } from './store.ts';

/** Where a destination begins that was never on before. */
export type NewDestinationStarts = 'now' | 'beginning';

export interface AdoptionOptions
  extends Pick<HomeParts, 'segments' | 'cursors' | 'events' | 'flush' | 'adopted'> {
  files: Files;
  directory: DataDirectory;
  store: DiskStore;
  /** Those that are on. */
  destinations: readonly DestinationId[];
  newDestinationStarts: NewDestinationStarts;
  maxAgeMs: number;
  clock: Clock;
}

interface FoundCursor {
  destination: DestinationId;
  isOn: boolean;
  file: CursorFile;
  /** Undefined when there is no file. */
  contents: CursorContents | undefined;
}

/**
 * Positions that are given out before the directory was read have to lie above all that are in it: above those of a journal that
 * began at 0, and above those of one that began like this, with 1024 for each ms since.
 */
const positionAt = (nowMs: number): Position => 2 ** 50 + nowMs * 1024;

export class Adoption {
  readonly #options: AdoptionOptions;
  #end: Position | undefined;
  #goesOn = false;

  constructor(options: AdoptionOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#end !== undefined;
  }

  /** One past what was found. */
  get end(): Position {
    return this.#end ?? 0;
  }

  /** The last segment that was found can be written to. */
  get goesOn(): boolean {
    return this.#goesOn;
  }

  /** Opens the cursors without a file and says at which position to begin. */
  beginInMemory(): Position {
    const { destinations, cursors, clock } = this.#options;
    const begin = positionAt(clock.now());
    for (const id of destinations) cursors.set(id, new Cursor(new Settlements(begin), true));
    return begin;
  }

  /** Does nothing the second time. Until everything is read nothing is changed: it may fail and be tried again. */
  async run(): Promise<void> {
    if (this.isDone) return;
    const { segments, store, directory, cursors, flush, adopted } = this.#options;
    const earlier = await readEarlier(store, () => directory.probe());
    try {
      const found = await this.#readCursors();
      const end = endOf(earlier, found);
      const begun = segments.oldest?.first;
      if (begun !== undefined && begun < end)
        throw new Error('the clock was set back: what is in the directory is delivered after a restart');
      this.#end = end;
      this.#openCursors(earlier, found);
      this.#goesOn = canGoOn(earlier.open, end, [...cursors.keys()]);
    } catch (error) {
      for (const { data } of earlier.segments) await data.close();
      throw error;
    }
    segments.prepend(earlier.segments);
    this.#reportMissing(earlier);
    this.#settleGaps();
    // Where cursors begin is written before anybody reads: a kill before the first settlement must not move them to the end.
    await flush();
    await this.#reportRecovered(earlier.segments);
    adopted(this.end);
  }

  /** Of all destinations that are on, and of those that are off but may come back. */
  async #readCursors(): Promise<readonly FoundCursor[]> {
    const { files, directory, destinations, clock, maxAgeMs } = this.#options;
    const found: FoundCursor[] = [];
    for (const destination of new Set([...DESTINATION_IDS, ...destinations])) {
      const isOn = destinations.includes(destination);
      const cutoffMs = clock.now() - maxAgeMs;
      if (!isOn && !(await isCursorKept(files, directory.cursorDir, destination, cutoffMs))) continue;
      const file = new CursorFile(files, directory.cursorDir, destination);
      const contents = await file.read().catch(async (error: Error) => {
        if (!isOfTheFile(error)) throw error;
        await directory.probe();
        return file.read().catch(() => ({ settlements: undefined, end: 0 }));
      });
      found.push({ destination, isOn, file, contents });
    }
    return found;
  }

  /** Joins them with those that began in memory. */
  #openCursors(earlier: Earlier, found: readonly FoundCursor[]): void {
    const { cursors } = this.#options;
    for (const { destination, isOn, file, contents } of found) {
      const settled =
        contents?.settlements ?? new Settlements(this.#startOf(destination, contents !== undefined, earlier));
      const inMemory = cursors.get(destination);
      inMemory?.settlements.follow(settled, this.end);
      const cursor = inMemory ?? new Cursor(settled, isOn);
      cursor.keepIn(file);
      cursors.set(destination, cursor);
    }
  }

  /**
   * Where a destination starts of which no settlement is known. It was on before when it has a file, even of no use, or when a
   * segment names it: then everything is delivered again rather than lost.
   */
  #startOf(destination: DestinationId, hasFile: boolean, { segments }: Earlier): Position {
    const wasOn = segments.find(({ head }) => hasFile || head.destinations.includes(destination));
    if (wasOn) return wasOn.first;
    return this.#options.newDestinationStarts === 'beginning' ? (segments[0]?.first ?? this.end) : this.end;
  }

  /** Settles what is not there any more, and tells what each destination has lost by it. */
  #reportMissing(earlier: Earlier): void {
    const { cursors, events } = this.#options;
    const { missing, items } = earlier;
    if (this.end > earlier.end) missing.add(earlier.end, this.end);
    for (const [destination, cursor] of cursors) {
      const { settlements } = cursor;
      for (const [from, to] of [...missing.entries()]) {
        for (const [position, behind] of [...settlements.unsettled(from, to)]) {
          const records = behind - position;
          // A record of which nothing is known counts as one item.
          let owed = records;
          for (const [known, count] of items)
            if (known >= position && known < behind && count > 0)
              owed += count - (settlements.items(known)?.size ?? 0) - 1;
          events.missing({ destination, position, records, items: owed });
        }
        cursor.settleRange(from, to);
      }
    }
  }

  /** Positions between segments hold nothing, missing or never given out: nobody waits for them. */
  #settleGaps(): void {
    const { segments, cursors } = this.#options;
    let expected = 0;
    for (const { first, end } of segments.all()) {
      if (first > expected) for (const cursor of cursors.values()) cursor.settleRange(expected, first);
      expected = end;
    }
    if (expected < this.end) for (const cursor of cursors.values()) cursor.settleRange(expected, this.end);
  }

  /** Tells each destination what it is still owed. */
  async #reportRecovered(segments: readonly Segment[]): Promise<void> {
    const { cursors, events } = this.#options;
    for (const segment of segments) {
      for (const [destination, { settlements }] of cursors) {
        let position = settlements.nextUnsettled(segment.first);
        for (; position < segment.end; position = settlements.nextUnsettled(position + 1)) {
          const settledItems = settlements.items(position)?.size ?? 0;
          const { isReplay, ...known } = segment.known(position);
          const origin = isReplay ? await readOrigin(segment, position) : NO_ORIGIN;
          events.recovered({ destination, position, ...known, origin, settledItems });
        }
      }
      // Telling of a gigabyte takes a while: others have their turn.
      await endOfTurn();
    }
  }
}

/** One past the last position that was given out, as far as segments and cursors tell. */
function endOf(earlier: Earlier, found: readonly FoundCursor[]): Position {
  const ends = found.map(({ contents }) => Math.max(contents?.end ?? 0, contents?.settlements?.end ?? 0));
  return Math.max(earlier.end, ...ends);
}

/** A segment that names other destinations than there are now is left as it is. */
function canGoOn(open: Segment | undefined, end: Position, destinations: readonly DestinationId[]): boolean {
  return (
    open !== undefined && open.end === end && destinations.every((id) => open.head.destinations.includes(id))
  );
}

/** The index does not say who sent a record. */
const NO_ORIGIN: Origin = { peer: '' };

async function readOrigin(segment: Segment, position: Position): Promise<Origin> {
  const [record] = await segment.readRecords(position, 1).catch(() => []);
  return record?.origin ?? NO_ORIGIN;
}
