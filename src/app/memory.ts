// Part of app: keeps V8's heap at a size that suits a sidecar. Left alone, the young generation grows to 128 MB under load
// for no less CPU, and the old one to three times what lives in it (both measured on Node 24).
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import type { Processor } from '../intake/index.ts';

/** At 16 MB memory is 10 MB higher for no less CPU; at V8's smallest it is collected 44 times a second. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** V8 grows and shrinks it as it likes, so it is looked at again after this many records. */
const LOOK_EVERY_RECORDS = 8;
/**
 * How far the old generation may grow beyond what lived at its last collection. What waits for a vendor's answer grows old
 * and then dies: 110 MB of it at 70,000 spans/s to four destinations if V8 decides, 25 MB with this, for 5 to 10 % more CPU.
 */
const OLD_GROWTH_PERCENT = 25;

/** Looks at the heap now and then on the way in; changes nothing of what comes in. */
export function createMemoryKeeper(): Processor {
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`);
  let records = 0;
  let mayGrow = true;
  return (accepted) => {
    records += 1;
    if (records % LOOK_EVERY_RECORDS !== 0) return accepted;
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    const shouldGrow = (young?.space_size ?? 0) < YOUNG_BYTES;
    if (shouldGrow !== mayGrow) setFlagsFromString(`--semi-space-growth-factor=${shouldGrow ? 2 : 1}`);
    mayGrow = shouldGrow;
    return accepted;
  };
}
