// Part of the journal: what one destination has settled, in memory and in its cursor file.
import { Ranges } from '../model/ranges.ts';
import type { Position } from '../model/signals.ts';
import type { CursorFile, CursorLine } from './disk/cursor-file.ts';
import type { Settlements } from './settlements.ts';

export class Cursor {
  readonly settlements: Settlements;
  /** False for a destination that is off now but had a cursor: its data waits for MAX_AGE. */
  readonly isOn: boolean;
  #file: CursorFile | undefined;
  /** Settled since the file was last written. */
  #runs = new Ranges();
  #items = new Set<Position>();
  #writtenLow: Position = -1;
  #hasFailed = false;

  constructor(settlements: Settlements, isOn: boolean) {
    this.settlements = settlements;
    this.isOn = isOn;
  }

  /** From now on it is kept there. */
  keepIn(file: CursorFile): void {
    this.#file = file;
    this.#writtenLow = -1;
  }

  settle(position: Position): void {
    this.settlements.settle(position);
    if (this.#file) this.#runs.add(position);
  }

  settleRange(from: Position, to: Position): void {
    this.settlements.settleRange(from, to);
    if (this.#file) this.#runs.add(from, to);
  }

  settleItems(position: Position, items: Parameters<Settlements['settleItems']>[1]): void {
    this.settlements.settleItems(position, items);
    if (this.#file) this.#items.add(position);
  }

  /**
   * Below this nothing is owed after a kill either. While the file cannot be written, what is settled counts: a full disk has to
   * be freed, and a start that misses the records then says too much rather than too little.
   */
  get safeLow(): Position {
    return this.#file && !this.#hasFailed ? this.#writtenLow : this.settlements.low;
  }

  /** Writes what was settled since the last call; when that fails it is written by a later one. Never runs twice at once. */
  async flush(end: Position): Promise<void> {
    const { settlements } = this;
    if (!this.#file) return;
    if (settlements.low === this.#writtenLow && this.#runs.runs === 0 && this.#items.size === 0) return;
    const line = this.#changes(end);
    const [runs, items] = [this.#runs, this.#items];
    this.#runs = new Ranges();
    this.#items = new Set();
    try {
      await this.#file.write(line, () => this.#everything(end));
      this.#writtenLow = line.low;
      this.#hasFailed = false;
    } catch (error) {
      for (const [from, to] of runs.entries()) this.#runs.add(from, to);
      for (const position of items) this.#items.add(position);
      this.#hasFailed = true;
      throw error;
    }
  }

  #changes(end: Position): CursorLine {
    const { settlements } = this;
    this.#runs.deleteBelow(settlements.low);
    const partials = [...this.#items].flatMap((position) => {
      const set = settlements.items(position);
      return set ? [[position, set.toText()] as const] : [];
    });
    return {
      low: settlements.low,
      end,
      settled: [...this.#runs.entries()],
      items: Object.fromEntries(partials),
    };
  }

  #everything(end: Position): CursorLine {
    const { settlements } = this;
    const partials = [...settlements.partials()].map(([position, set]) => [position, set.toText()] as const);
    return {
      low: settlements.low,
      end,
      settled: [...settlements.settledAbove()],
      items: Object.fromEntries(partials),
    };
  }
}
