// Part of the page: an axis with steps that a person would choose: 1, 2 or 5 times a power of ten.
export interface Axis {
  stepMs: number;
  ticksMs: readonly number[];
}

/** From `fromMs` on, for so long. */
export function axisOf(durationMs: number, wanted: number, fromMs = 0): Axis {
  if (!(durationMs > 0)) return { stepMs: 1, ticksMs: [0] };
  const rough = durationMs / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const stepMs = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(fromMs / stepMs - 1e-9);
  const last = Math.floor((fromMs + durationMs) / stepMs + 1e-9);
  const ticksMs = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * stepMs);
  return { stepMs, ticksMs };
}
