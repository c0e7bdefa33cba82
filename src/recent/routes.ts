// Part of recent: how fast each route answers, from histograms of the last minutes.
import type { Heatmap } from './shapes.ts';

type RouteRow = Heatmap['routes'][number];

const MINUTES = 5;
const MINUTE_MS = 60_000;
const LOW_MS = 0.05;
/** Quantiles are within 5 %: half of a bucket. */
const LOG_RATIO = Math.log(1.1);
/** Up to 0.05 ms · 1.1^180 = 23 minutes. */
const BUCKETS = 180;
/** Routes may be named by what clients ask for; beyond this they are counted together. */
const MAX_ROUTES = 200;
const OTHERS = '(other routes)';

interface Minute {
  number: number;
  total: number;
  errors: number;
  buckets: Uint32Array;
}

export class Routes {
  readonly #routes = new Map<string, Minute[]>();
  #firstMs: number | undefined;

  add(route: string, durationMs: number, isError: boolean, nowMs: number, weight: number): void {
    this.#firstMs ??= nowMs;
    const number = Math.floor(nowMs / MINUTE_MS);
    const minutes = this.#minutesOf(route, number);
    const place = number % MINUTES;
    let minute = minutes[place];
    if (minute?.number !== number) {
      minute = { number, total: 0, errors: 0, buckets: new Uint32Array(BUCKETS) };
      minutes[place] = minute;
    }
    minute.total += weight;
    if (isError) minute.errors += weight;
    const bucket = bucketOf(durationMs);
    minute.buckets[bucket] = (minute.buckets[bucket] ?? 0) + weight;
  }

  /** The busiest first. */
  list(nowMs: number): RouteRow[] {
    const seconds = Math.min(MINUTES * 60, Math.max(1, (nowMs - (this.#firstMs ?? nowMs)) / 1000));
    const rows = [...this.#routes.keys()].flatMap((route) => {
      const sum = this.#sumOf(route, nowMs);
      if (sum.total === 0) return [];
      return {
        route,
        perSecond: sum.total / seconds,
        errorPercent: (100 * sum.errors) / sum.total,
        p50Ms: quantile(sum, 0.5),
        p95Ms: quantile(sum, 0.95),
        p99Ms: quantile(sum, 0.99),
      };
    });
    return rows.sort((a, b) => b.perSecond - a.perSecond);
  }

  /** How a request compares with its route; undefined for a route of which hardly anything is known. */
  rank(
    route: string,
    durationMs: number,
    nowMs: number,
  ): { route: string; p50Ms: number; p95Ms: number; slowestPercent: number } | undefined {
    const sum = this.#sumOf(route, nowMs);
    if (sum.total < LEAST_FOR_RANK) return undefined;
    const own = bucketOf(durationMs);
    // Of its own bucket half may be faster.
    let slower = (sum.buckets[own] ?? 0) / 2;
    for (let bucket = own + 1; bucket < BUCKETS; bucket++) slower += sum.buckets[bucket] ?? 0;
    return {
      route,
      p50Ms: quantile(sum, 0.5),
      p95Ms: quantile(sum, 0.95),
      slowestPercent: (100 * slower) / sum.total,
    };
  }

  /** 99 of 100 requests of all routes take no longer. */
  slowMs(nowMs: number): number {
    const all: Minute = { number: 0, total: 0, errors: 0, buckets: new Uint32Array(BUCKETS) };
    for (const route of this.#routes.keys()) addTo(all, this.#sumOf(route, nowMs));
    return all.total === 0 ? Number.POSITIVE_INFINITY : quantile(all, 0.99) * Math.exp(LOG_RATIO);
  }

  #minutesOf(route: string, number: number): Minute[] {
    const known = this.#routes.get(route);
    if (known) return known;
    if (this.#routes.size >= MAX_ROUTES) this.#forgetSilent(number);
    if (this.#routes.size >= MAX_ROUTES && route !== OTHERS) return this.#minutesOf(OTHERS, number);
    const minutes: Minute[] = [];
    this.#routes.set(route, minutes);
    return minutes;
  }

  #forgetSilent(number: number): void {
    for (const [route, minutes] of this.#routes)
      if (minutes.every((minute) => minute.number <= number - MINUTES)) this.#routes.delete(route);
  }

  #sumOf(route: string, nowMs: number): Minute {
    const sum: Minute = { number: 0, total: 0, errors: 0, buckets: new Uint32Array(BUCKETS) };
    const oldest = Math.floor(nowMs / MINUTE_MS) - MINUTES;
    this.#routes.get(route)?.forEach((minute) => {
      if (minute.number > oldest) addTo(sum, minute);
    });
    return sum;
  }
}

const LEAST_FOR_RANK = 10;

function addTo(sum: Minute, minute: Minute): void {
  sum.total += minute.total;
  sum.errors += minute.errors;
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    sum.buckets[bucket] = (sum.buckets[bucket] ?? 0) + (minute.buckets[bucket] ?? 0);
}

function bucketOf(durationMs: number): number {
  if (!(durationMs > LOW_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log(durationMs / LOW_MS) / LOG_RATIO));
}

/** The middle of the bucket that it falls into. */
function quantile({ total, buckets }: Minute, part: number): number {
  let left = part * total;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    left -= buckets[bucket] ?? 0;
    if (left <= 0) return LOW_MS * Math.exp((bucket + 0.5) * LOG_RATIO);
  }
  return 0;
}
