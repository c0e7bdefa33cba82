// Part of app: keeps V8's heap at a size that suits a sidecar. Left alone, the young generation grows to 128 MB under load
// for no less CPU, and the old one to three times what lives in it (both measured on Node 24).
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** At 16 MB memory is 10 MB higher for no less CPU; at V8's smallest it is collected 44 times a second. */
const YOUNG_BYTES = 8 * 1024 * 1024;
/** V8 grows and shrinks it as it likes, so it is looked at again after so much that destinations encode: it makes about 8 MB of objects. */
const LOOK_EVERY_BYTES = 128 * 1024;
/**
 * How far the old generation may grow beyond what lived at its last collection, which looks at 30 MB that live, in threads of its own:
 * at 30 % it is collected four times a second under load. All four destinations, CPU per item and peak, of OTLP: at 30 % 42.5 µs and 161
 * to 170 MiB, at 60 % 38 and 170 to 177; of UDP: at 30 % 127 µs and 165 to 178 MiB, at 45 % 114 and 175 to 178, at 60 % 116 and 179 to 184.
 */
const OLD_GROWTH_PERCENT = 45;
const BEHIND_GROWTH_PERCENT = 20;

const HEAP_FLAGS = ['--semi-space-growth-factor=1', '--no-parallel-scavenge'];
/**
 * Of WebAssembly there is what reads HTTP answers for undici, a hundred times a second, and our own, which has itself compiled well at
 * once (model/wasm.ts). The optimizing compiler took 25 MiB for the former, a second after the start.
 */
const WASM_FLAGS = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];
/**
 * The middle compiler, where V8 has it, makes the first seconds cheap: 10,000 requests of 20 spans cost 12 µs a span with it and 18
 * without. What another thread frees of its work malloc keeps: 22 MiB, unless this thread does that. Only 13 (Node 24) is known to know
 * the flag; others would print that they do not.
 */
const HAS_MAGLEV = process.versions.v8.startsWith('13.');
const MAGLEV_FLAG = HAS_MAGLEV ? '--no-maglev-destroy-on-background' : '--no-maglev';

/**
 * While modules load, much lives on: V8 would have the young generation at its largest before anything is received. Several threads
 * that collect it each fill pages of their own, for no less CPU.
 */
export function startSmall(): void {
  for (const flag of [...HEAP_FLAGS, ...WASM_FLAGS, MAGLEV_FLAG]) setFlagsFromString(flag);
}

/** To ask who is behind costs more than the rest of a look. */
const ASK_EVERY_LOOKS = 16;

export interface Heap {
  setFlag(flag: string): void;
  youngBytes(): number;
}

const V8: Heap = {
  setFlag: setFlagsFromString,
  youngBytes: () =>
    getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0,
};

/**
 * Told how much each destination encodes, or is written to Kafka, which is where the objects come from, it looks at the heap now and then.
 * While `isBehind` V8 collects before it grows, and its middle compiler rests: 1 GiB for all four destinations is drained in 170 MiB,
 * where with that compiler it took 187. At other times that is not worth its price: behind from 64 MiB on, as fast senders soon are, a
 * span cost 14 % more on its way to all four and 12 % more to Honeycomb.
 */
export function createMemoryKeeper(isBehind: () => boolean, heap: Heap = V8): (encodedBytes: number) => void {
  const mayGrowBy = (percent: number) => heap.setFlag(`--heap-growing-percent=${percent}`);
  mayGrowBy(OLD_GROWTH_PERCENT);
  const keepsSmall = createToggle((isOn) => {
    // Without it V8 adds 8 MiB at least.
    heap.setFlag(isOn ? '--optimize-for-size' : '--no-optimize-for-size');
    mayGrowBy(isOn ? BEHIND_GROWTH_PERCENT : OLD_GROWTH_PERCENT);
    if (HAS_MAGLEV) heap.setFlag(isOn ? '--no-maglev' : '--maglev');
  });
  const mayGrow = createToggle((isOn) => heap.setFlag(`--semi-space-growth-factor=${isOn ? 2 : 1}`));
  let bytes = 0;
  let looks = 0;

  function look(): void {
    mayGrow.turn(heap.youngBytes() < YOUNG_BYTES);
    if (looks++ % ASK_EVERY_LOOKS === 0) keepsSmall.turn(isBehind());
  }

  return (encodedBytes) => {
    bytes += encodedBytes;
    if (bytes < LOOK_EVERY_BYTES) return;
    bytes = 0;
    look();
  };
}

/** Off at first. Tells of changes only. */
function createToggle(changed: (isOn: boolean) => void) {
  let isOn = false;
  return {
    turn(to: boolean) {
      if (to === isOn) return;
      isOn = to;
      changed(to);
    },
  };
}
