// Part of the page: the stretch of a trace that its waterfall shows, and how keys change it.
export interface Stretch {
  fromMs: number;
  toMs: number;
}

/** A microsecond: few clocks tell more. */
const LEAST_MS = 0.001;
const ZOOM = 2;
const PAN = 0.25;

export const lengthOf = ({ fromMs, toMs }: Stretch): number => toMs - fromMs || 1;

/** 0 at its start, 1 at its end. */
export const shareOf = (stretch: Stretch, ms: number): number => (ms - stretch.fromMs) / lengthOf(stretch);

export const msAt = (stretch: Stretch, share: number): number =>
  stretch.fromMs + Math.min(1, Math.max(0, share)) * lengthOf(stretch);

/** As long as is asked for where there is room, and never outside the trace. */
export function stretchOf(fromMs: number, toMs: number, wholeMs: number): Stretch {
  const length = Math.min(wholeMs, Math.max(LEAST_MS, Math.abs(toMs - fromMs)));
  const from = Math.min(wholeMs - length, Math.max(0, Math.min(fromMs, toMs)));
  return { fromMs: from, toMs: from + length };
}

/** `+` and `-` around a point, shift and an arrow along, `0` all of it; undefined for another key. */
export function stretchBy(
  { key, shiftKey }: { key: string; shiftKey: boolean },
  now: Stretch,
  wholeMs: number,
  aroundMs: number,
): Stretch | undefined {
  const { fromMs, toMs } = now;
  const length = lengthOf(now);
  if (key === '0') return { fromMs: 0, toMs: wholeMs };
  if (key === '+' || key === '=' || key === '-') {
    const half = (key === '-' ? length * ZOOM : length / ZOOM) / 2;
    // Out again from where one is; in to where one looks.
    const middle = key === '-' || aroundMs < fromMs || aroundMs > toMs ? (fromMs + toMs) / 2 : aroundMs;
    return stretchOf(middle - half, middle + half, wholeMs);
  }
  if (!shiftKey || (key !== 'ArrowLeft' && key !== 'ArrowRight')) return undefined;
  const byMs = (key === 'ArrowLeft' ? -PAN : PAN) * length;
  return stretchOf(fromMs + byMs, toMs + byMs, wholeMs);
}
