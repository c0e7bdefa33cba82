// Part of recent: which attributes tell the traces inside a box of the heat map from those outside.
import type { SeenSpan } from './decoded.ts';
import type { Comparison } from './shapes.ts';
import { textOfValue } from './values.ts';

const MAX_SHOWN = 20;
/** Longer values tell requests apart, not groups of them. */
const MAX_VALUE_CHARS = 120;
/** Fewer than this many percent apart is noise. */
const LEAST_DIFFERENCE = 5;

interface Count {
  key: string;
  value: string;
  inside: number;
  outside: number;
}

export class Comparing {
  readonly #counts = new Map<string, Count>();
  #inside = 0;
  #outside = 0;

  add(spans: readonly SeenSpan[], isInside: boolean): void {
    if (isInside) this.#inside += 1;
    else this.#outside += 1;
    const seen = new Set<string>();
    for (const { span, resource } of spans)
      for (const attributes of [span.attributes, resource.attributes])
        for (const [key, raw] of attributes) {
          const value = textOfValue(raw);
          const name = `${key}\u0000${value}`;
          if (value.length > MAX_VALUE_CHARS || seen.has(name)) continue;
          seen.add(name);
          const count = this.#counts.get(name) ?? { key, value, inside: 0, outside: 0 };
          if (isInside) count.inside += 1;
          else count.outside += 1;
          this.#counts.set(name, count);
        }
  }

  result(): Comparison {
    const percent = (part: number, whole: number) => (whole === 0 ? 0 : (100 * part) / whole);
    const attributes = [...this.#counts.values()]
      // What one trace alone has names that trace.
      .filter(({ inside, outside }) => inside + outside > 1 || this.#inside === 1)
      .map(({ key, value, inside, outside }) => ({
        key,
        value,
        insidePercent: percent(inside, this.#inside),
        outsidePercent: percent(outside, this.#outside),
      }));
    const difference = (one: (typeof attributes)[number]) => Math.abs(one.insidePercent - one.outsidePercent);
    return {
      inside: this.#inside,
      outside: this.#outside,
      attributes: attributes
        .filter((one) => difference(one) >= LEAST_DIFFERENCE)
        .sort((a, b) => difference(b) - difference(a))
        .slice(0, MAX_SHOWN),
    };
  }
}
