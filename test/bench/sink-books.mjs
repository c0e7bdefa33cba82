// Part of the tests: which items have arrived at one destination of the benchmark, and how often.
import { indexOfText, indexOfWords } from './ids.mjs';

export class Books {
  #arrivals = new Uint8Array(1 << 20);
  requests = 0;
  bodyBytes = 0;
  arrived = 0;
  /** Ids that no load made: spans of subsegments. */
  others = 0;

  addWords(high, low) {
    this.#add(indexOfWords(high, low));
  }

  addText(id) {
    this.#add(indexOfText(id));
  }

  /** Of the first `items` items, those that belong here. */
  audit(items, belongs) {
    let [expected, once, missing, duplicated] = [0, 0, 0, 0];
    for (let index = 0; index < items; index += 1) {
      const arrivals = this.#arrivals[index] ?? 0;
      if (arrivals > 1) duplicated += 1;
      if (!belongs(index)) continue;
      expected += 1;
      if (arrivals === 0) missing += 1;
      if (arrivals === 1) once += 1;
    }
    const { requests, bodyBytes, arrived, others } = this;
    return { expected, once, missing, duplicated, requests, bodyBytes, arrived, others };
  }

  #add(index) {
    if (index < 0) {
      this.others += 1;
      return;
    }
    if (index >= this.#arrivals.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(index + 1)));
      grown.set(this.#arrivals);
      this.#arrivals = grown;
    }
    this.arrived += 1;
    if (this.#arrivals[index] < 255) this.#arrivals[index] += 1;
  }
}
