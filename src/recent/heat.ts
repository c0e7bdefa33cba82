// Part of recent: requests by time and duration, counted as they come. What it costs does not depend on what is kept.
import { Routes } from './routes.ts';
import type { Heatmap } from './shapes.ts';

export const COLUMN_MS = 5000;
/** Fifteen minutes. */
const COLUMNS = 180;
const LOW_MS = 0.1;
const RATIO = Math.SQRT2;
/** Up to 0.1 ms · √2^48 = 28 minutes. */
const ROWS = 48;
const LOG_RATIO = Math.log(RATIO);

export function rowOf(durationMs: number): number {
  if (!(durationMs > LOW_MS)) return 0;
  return Math.min(ROWS - 1, Math.floor(Math.log(durationMs / LOW_MS) / LOG_RATIO));
}

export class Heat {
  readonly routes = new Routes();
  readonly #counts = new Uint32Array(COLUMNS * ROWS);
  readonly #errors = new Uint32Array(COLUMNS * ROWS);
  #newest = 0;

  /** `weight`: how many requests it stands for. What is older than the map, or in the future, is counted with its route only. */
  add(startMs: number, durationMs: number, isError: boolean, route: string, nowMs: number, weight = 1): void {
    this.#turnTo(Math.floor(nowMs / COLUMN_MS));
    this.routes.add(route, durationMs, isError, nowMs, weight);
    const column = Math.floor(startMs / COLUMN_MS);
    if (column > this.#newest || column <= this.#newest - COLUMNS) return;
    const cell = (column % COLUMNS) * ROWS + rowOf(durationMs);
    this.#counts[cell] = (this.#counts[cell] ?? 0) + weight;
    if (isError) this.#errors[cell] = (this.#errors[cell] ?? 0) + weight;
  }

  map(nowMs: number): Heatmap {
    this.#turnTo(Math.floor(nowMs / COLUMN_MS));
    const first = this.#newest - COLUMNS + 1;
    const cells: [number, number, number, number][] = [];
    for (let column = 0; column < COLUMNS; column++) {
      const base = ((first + column) % COLUMNS) * ROWS;
      for (let row = 0; row < ROWS; row++) {
        const count = this.#counts[base + row] ?? 0;
        if (count > 0) cells.push([column, row, count, this.#errors[base + row] ?? 0]);
      }
    }
    return {
      columnMs: COLUMN_MS,
      firstColumnMs: first * COLUMN_MS,
      lowMs: LOW_MS,
      ratio: RATIO,
      cells,
      routes: this.routes.list(nowMs),
    };
  }

  /** Empties the columns that time has gone over. */
  #turnTo(column: number): void {
    if (column <= this.#newest) return;
    const from = Math.max(this.#newest + 1, column - COLUMNS + 1);
    for (let one = from; one <= column; one++) {
      const base = (one % COLUMNS) * ROWS;
      this.#counts.fill(0, base, base + ROWS);
      this.#errors.fill(0, base, base + ROWS);
    }
    this.#newest = column;
  }
}
