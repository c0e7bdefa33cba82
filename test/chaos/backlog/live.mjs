// Part of the chaos tests: requests at a steady rate, and how long their items took to each destination.
import { setTimeout as delay } from 'node:timers/promises';
import { EXPECTED } from '../../bench/expected.mjs';
import { requestTemplate } from '../../bench/otlp-spans.mjs';

const SPANS = 50;
const REQUESTS_PER_SECOND = 20;
export const LIVE_SPANS_PER_SECOND = SPANS * REQUESTS_PER_SECOND;
/** Failures and the places in a trace recur after so many items. */
const ITEMS_PER_CYCLE = 99;

export class LiveData {
  from = Number.POSITIVE_INFINITY;
  items = 0;
  #sentAtMs = [];
  #latenciesMs;

  constructor(destinations) {
    this.#latenciesMs = Object.fromEntries(destinations.map((id) => [id, []]));
  }

  arrived(id, index, atMs) {
    this.#latenciesMs[id].push(atMs - this.#sentAtMs[Math.floor((index - this.from) / SPANS)]);
  }

  async send(sender, forMs) {
    const templates = templatesOf(SPANS);
    const startedMs = performance.now();
    const sending = [];
    for (let request = 0; performance.now() - startedMs < forMs; request += 1) {
      await delay(Math.max(0, startedMs + (request * 1000) / REQUESTS_PER_SECOND - performance.now()));
      this.#sentAtMs.push(performance.now());
      this.items += SPANS;
      sending.push(sender.send(templates(this.from + request * SPANS)));
    }
    await Promise.all(sending);
  }

  /** What has not come counts as never. */
  latencies(id) {
    const belongs = EXPECTED.otlp[id];
    let expected = 0;
    for (let item = 0; item < this.items; item += 1) if (belongs(this.from + item)) expected += 1;
    const sorted = Float64Array.from(this.#latenciesMs[id]).sort();
    const at = (share) => Math.round(sorted[Math.ceil(expected * share) - 1] ?? Number.POSITIVE_INFINITY);
    return { liveItems: expected, liveArrived: sorted.length, liveP50Ms: at(0.5), liveP99Ms: at(0.99) };
  }
}

/** `(first)` gives the request of the items from there on. */
export function templatesOf(spansPerRequest) {
  const known = new Map();
  return (first) => {
    const start = first % ITEMS_PER_CYCLE;
    const template = known.get(start) ?? requestTemplate(start, spansPerRequest, 1 + start);
    known.set(start, template);
    return Buffer.from(template.fill(first, Date.now()));
  };
}
