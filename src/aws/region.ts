// Part of aws: the region, which may be found long after the start.
import type { Clock } from '../model/clock.ts';
import { AwsError } from './errors.ts';
import type { FoundRegion } from './metadata.ts';

export type { FoundRegion } from './metadata.ts';

/** As for credentials: whoever asks again before this has passed gets the same answer. */
const FAILURE_LASTS_MS = 10_000;

export interface RegionSource {
  /** Undefined as long as nobody has found it. */
  readonly known: string | undefined;
  /** Fails with an AwsError of kind `no_region`. Once found, it stays. */
  get(): Promise<FoundRegion>;
}

/** `places` in their order; the first that knows it decides. */
export function regionSource(
  places: readonly (() => Promise<FoundRegion | undefined>)[],
  clock: Clock,
): RegionSource {
  let region: FoundRegion | undefined;
  let pending: Promise<void> | undefined;
  let failedAtMs = Number.NEGATIVE_INFINITY;

  const lookUp = async () => {
    for (const place of places) {
      region = await place().catch(() => undefined);
      if (region) return;
    }
    failedAtMs = clock.now();
  };

  return {
    get known() {
      return region?.name;
    },
    async get() {
      if (!region && clock.now() - failedAtMs >= FAILURE_LASTS_MS) {
        pending ??= lookUp().finally(() => {
          pending = undefined;
        });
        await pending;
      }
      if (region) return region;
      throw new AwsError('no_region', 'neither variable, file, profile nor metadata name one');
    },
  };
}
