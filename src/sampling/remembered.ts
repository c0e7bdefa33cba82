// Part of sampling: the rules that AWS gave last, on disk, for a start while AWS does not answer.
import { keptJson } from '../model/kept-json.ts';
import { asObject } from '../protocols/xray/json.ts';
import { recordsIn } from './aws-rules.ts';
import type { RuleRecord } from './rule.ts';

export interface Remembered {
  /** Undefined when there are none, or none of that account's. */
  read(): Promise<readonly RuleRecord[] | undefined>;
  /** Never rejects: what could not be written is fetched again at the next start. */
  write(records: readonly RuleRecord[]): Promise<void>;
}

export const nothingRemembered: Remembered = { read: async () => undefined, write: async () => undefined };

/** Rules of another place are not ours. */
export interface Place {
  /** '' where it is the region's own. */
  endpoint: string;
  /** Undefined where it is only found later: until AWS answers, that is taken to be the one of the last time. */
  region: string | undefined;
  regionInUse(): Promise<string>;
}

export function rememberedIn(file: string, { endpoint, region, regionInUse }: Place): Remembered {
  const kept = keptJson(file);
  return {
    async read() {
      const content = asObject(await kept.read());
      const isRegion = region === undefined || content?.['region'] === region;
      const isOurs = isRegion && content?.['endpoint'] === endpoint;
      return isOurs ? recordsIn(content) : undefined;
    },
    write: (records) =>
      kept.write(async () =>
        JSON.stringify({ region: await regionInUse(), endpoint, SamplingRuleRecords: records }),
      ),
  };
}
