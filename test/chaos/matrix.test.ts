// Part of the tests: every fault at every destination, one after the other. RESULTS=1 keeps what was measured for the README.
//
//   RESULTS=1 npm run matrix                 the whole of it: nine minutes
//   RESULTS=1 FAULT=400,413 npm run matrix   these rows again
//   FAULT=413 DESTINATION=rollbar SAMPLES=200 npm run matrix   one cell, for a look
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { type CellResult, type Latency, runCell, runUndisturbed, SAMPLES } from './matrix/cell.ts';
import { FAULTS, type FaultRow } from './matrix/faults.ts';
import { keepCells, type MeasuredCell } from './matrix/results.ts';

const BASELINES = 3;
const CHOSEN = FAULTS.filter(({ id }) => env['FAULT']?.split(',').includes(id) ?? true);
const COLUMNS = DESTINATION_IDS.filter((id) => env['DESTINATION']?.split(',').includes(id) ?? true);

const undisturbed = {} as Record<DestinationId, number>;
const passed: MeasuredCell[] = [];

/** Something else on the machine can make a cell slow, but not three times in a row. */
const ATTEMPTS = 3;

/** DESIGN section 6, "the other three notice nothing", as a number. */
const limitMs = (id: DestinationId) => Math.max(2 * undisturbed[id], undisturbed[id] + 250);
const disturbed = ({ others }: CellResult) =>
  (Object.entries(others) as [DestinationId, Latency][]).filter(([id, { p99Ms }]) => p99Ms > limitMs(id));

/** The load of one cell at a time; recoveries, which are waiting for the most part, go on beside it. */
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(run: () => Promise<T>): Promise<T> {
  const mine = turn.then(run);
  turn = mine.catch(() => undefined);
  return mine;
}

async function run(row: FaultRow, destination: DestinationId): Promise<CellResult> {
  const { result } = await inTurn(() => runCell(row, destination));
  return result;
}

beforeAll(async () => {
  const runs: Readonly<Partial<Record<DestinationId, Latency>>>[] = [];
  for (let run = 0; run < BASELINES; run += 1) runs.push(await runUndisturbed());
  for (const id of DESTINATION_IDS) {
    const sorted = runs.map((latencies) => latencies[id]?.p99Ms ?? 0).sort((a, b) => a - b);
    undisturbed[id] = sorted[sorted.length >> 1] ?? 0;
  }
  console.log('undisturbed p99, ms:', undisturbed);
});

afterAll(() => {
  if (env['RESULTS']) keepCells(passed);
});

describe.each(CHOSEN)('$title', (row) => {
  it.concurrent.each(COLUMNS)('at %s', async (destination) => {
    let cell = await run(row, destination);
    let attempts = 1;
    for (; attempts < ATTEMPTS && disturbed(cell).length > 0; attempts += 1) {
      console.log(`once more, ${row.id} at ${destination}:`, JSON.stringify(disturbed(cell)));
      cell = await run(row, destination);
    }
    const { items, others } = cell;
    const expected = row.expected(destination);
    const what = JSON.stringify(cell);

    expect(items.lost, what).toBe(0);
    expect(cell.booksClose, what).toBe(true);
    expect(cell.deliversAgain, what).toBe(true);
    expect({ state: cell.state, code: cell.code }, what).toEqual({
      state: expected.state,
      code: expected.code,
    });
    if (expected.fate === 'arrive') expect(items.arrived, what).toBe(items.acknowledged);
    else expect(items.rejected + items.suspect, what).toBeGreaterThan(0);
    if (expected.fate === 'some rejected')
      expect(items.arrived, what).toBeGreaterThan(items.acknowledged / 4);
    expect(Math.min(...Object.values(others).map(({ samples }) => samples))).toBeGreaterThanOrEqual(SAMPLES);
    expect(disturbed(cell), what).toEqual([]);
    passed.push({ ...cell, undisturbedP99Ms: undisturbed, attempts });
  });
});
