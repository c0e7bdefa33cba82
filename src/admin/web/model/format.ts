// Part of the page: numbers and times as text. Every text is exact to what it shows, and cut, never rounded up past its unit.

const NANOS_PER_MS = 1_000_000n;

/** Three significant digits in the largest unit that keeps them: 850 µs, 24.0 ms, 1.20 s, 2 m 05 s. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return '0 ms';
  if (ms < 0.9995) return `${threeDigits(ms * 1000)} µs`;
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  if (ms < 59_950) return `${threeDigits(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
  return `${Math.round(minutes / 1440)} days`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** To the nanosecond, for hovering: 24.013292 ms. */
export function exactDuration(ms: number): string {
  return `${ms.toFixed(6).replace(/\.?0+$/, '')} ms`;
}

/** An axis tick; `step` decides how many digits tell it from its neighbour. */
export function tick(ms: number, stepMs: number): string {
  if (ms === 0) return '0';
  const [divisor, unit] = stepMs >= 1000 ? [1000, 's'] : stepMs >= 1 ? [1, 'ms'] : [0.001, 'µs'];
  const decimals = Math.max(0, -Math.floor(Math.log10(stepMs / divisor) + 1e-9));
  return `${(ms / divisor).toFixed(decimals)} ${unit}`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${threeDigits(count / 1024)} KiB`;
  if (count < 1024 ** 3) return `${threeDigits(count / 1024 ** 2)} MiB`;
  return `${threeDigits(count / 1024 ** 3)} GiB`;
}

/** Digits in groups of three, apart by a thin space that does not break. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond < 0.01) return '<0.01/s';
  return `${perSecond < 10 ? Number(perSecond.toFixed(2)) : count(perSecond)}/s`;
}

export function percent(value: number): string {
  if (value > 0 && value < 0.1) return '<0.1 %';
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} %`;
}

/** How long ago, in one unit. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} m`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** 18:09:13.482, in the zone of the browser; cut to the millisecond, so a start is never shown after its end. */
export function clock(unixNano: string): string {
  return clockOfMs(unixMs(unixNano));
}

export function clockOfMs(ms: number): string {
  const at = new Date(ms);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}

/** 2026-11-21 18:09:13.482019482 +01:00 */
export function exactTime(unixNano: string): string {
  const nanos = BigInt(unixNano);
  const ms = floorDiv(nanos, NANOS_PER_MS);
  const at = new Date(Number(ms));
  if (Number.isNaN(at.getTime())) return `${unixNano} ns`;
  const below = pad(Number(nanos - ms * NANOS_PER_MS), 6);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${day} ${clockOfMs(Number(ms))}${below} ${offset(at)}`;
}

export const unixMs = (unixNano: string): number => Number(floorDiv(BigInt(unixNano), NANOS_PER_MS));

/** Milliseconds from one time to another, exact to the nanosecond for spans of up to a hundred days. */
export const msBetween = (fromUnixNano: string, toUnixNano: string): number =>
  Number(BigInt(toUnixNano) - BigInt(fromUnixNano)) / 1e6;

function floorDiv(value: bigint, by: bigint): bigint {
  const whole = value / by;
  return value < 0n && whole * by !== value ? whole - 1n : whole;
}

function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}
