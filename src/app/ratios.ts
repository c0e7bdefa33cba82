// Part of app: what ratio of the traces each destination gets. The ratios may change while it runs; the next record is chosen by the new ones.
import type { SamplingReport } from '../correlation/report.ts';
import { type Chooser, EVERYTHING } from '../delivery/choice.ts';
import { samplingOf } from '../delivery/sampling.ts';
import type { DestinationId } from '../model/signals.ts';
import type { AppConfig } from './options.ts';

type Rules = Pick<AppConfig['process'], 'sampleRatios' | 'sampleSlowMs' | 'sampleDryRun'>;

export interface Ratios {
  chooser(destination: DestinationId): Chooser;
  apply(rules: Rules): void;
  /** Counted since these ratios are in force. */
  status(): SamplingReport;
}

export function createRatios(first: Rules): Ratios {
  const choosers = new Map<DestinationId, Chooser>();
  const wouldGo = new Map<DestinationId, number>();
  let rules = first;

  function apply(renewed: Rules): void {
    rules = renewed;
    choosers.clear();
    wouldGo.clear();
    const { sampleRatios = [], sampleSlowMs: slowMs, sampleDryRun } = rules;
    for (const [destination, ratio] of sampleRatios) {
      const onDryRun = (items: number) =>
        void wouldGo.set(destination, (wouldGo.get(destination) ?? 0) + items);
      const options = { ratio, slowMs, isDryRun: sampleDryRun === 'on', onDryRun };
      choosers.set(destination, samplingOf(destination, options));
    }
  }

  apply(first);
  return {
    chooser: (destination) => (record) => choosers.get(destination)?.(record) ?? EVERYTHING,
    apply,
    status: () =>
      Object.fromEntries(
        [...(rules.sampleRatios ?? [])].map(([id, ratio]) => [
          id,
          { ratio, dryRun: rules.sampleDryRun === 'on', wouldLeaveOut: wouldGo.get(id) ?? 0 },
        ]),
      ),
  };
}
