// Part of the chaos tests: the cells of the fault matrix as they are kept for the README.
import { DESTINATION_IDS, type DestinationId } from '../../../src/model/signals.ts';
import { readResults, writeResults } from '../results.ts';
import type { CellResult } from './cell.ts';
import { FAULTS } from './faults.ts';

export interface MeasuredCell extends CellResult {
  /** What all four did just before, when nothing was wrong. */
  undisturbedP99Ms: Readonly<Record<DestinationId, number>>;
  /** The machine does other things too: a cell whose latencies are beyond the bound is measured again. */
  attempts: number;
}

export const readCells = (): readonly MeasuredCell[] => readResults('matrix');

/** Of a cell that was measured before, only the new measurement stays. */
export function keepCells(measured: readonly MeasuredCell[]): void {
  const all = [...readCells(), ...measured];
  const cells = FAULTS.flatMap(({ id }) =>
    DESTINATION_IDS.flatMap(
      (destination) => all.findLast((cell) => cell.fault === id && cell.destination === destination) ?? [],
    ),
  );
  writeResults('matrix', cells);
}
