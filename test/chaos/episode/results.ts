// Part of the chaos tests: what an episode came to, as it is kept for the README.
import { DESTINATION_IDS } from '../../../src/model/signals.ts';
import { readResults, writeResults } from '../results.ts';
import type { Episode } from './run.ts';

export interface EpisodeResult {
  seed: number;
  durationMs: number;
  /** What was done to it, by kind. */
  kills: number;
  stops: number;
  vendorFaults: number;
  diskFaults: number;
  acknowledged: number;
  /** Items and destinations: one item that two have counts twice. */
  arrived: number;
  rejected: number;
  suspect: number;
  lost: number;
  duplicates: number;
}

export const readEpisodes = (): readonly EpisodeResult[] => readResults('chaos');

/** Of a seed that was run before, only the new run stays. */
export function keepEpisode({ seed, durationMs, done, acknowledged, outcomes }: Episode): void {
  const sum = (of: (outcome: Episode['outcomes']['honeycomb']) => number) =>
    DESTINATION_IDS.reduce((all, id) => all + of(outcomes[id]), 0);
  const result: EpisodeResult = {
    seed,
    durationMs,
    ...done,
    acknowledged,
    arrived: sum(({ arrived }) => arrived),
    rejected: sum(({ rejected }) => rejected),
    suspect: sum(({ suspect }) => suspect),
    lost: sum(({ lost }) => lost.length),
    duplicates: sum(({ duplicates }) => duplicates),
  };
  const others = readEpisodes().filter((episode) => episode.seed !== seed);
  writeResults(
    'chaos',
    [...others, result].sort((a, b) => a.seed - b.seed),
  );
}
