// Part of the model: a sorted set of whole numbers, kept as runs. Adding at or near the end is cheap.

export class Ranges {
  /** from, to, from, to, ...: half-open, ascending, never touching. */
  readonly #bounds: number[] = [];

  /** How many runs, which is what it costs. */
  get runs(): number {
    return this.#bounds.length / 2;
  }

  get first(): number | undefined {
    return this.#bounds[0];
  }

  has(value: number): boolean {
    return this.#boundsUpTo(value) % 2 === 1;
  }

  add(from: number, to: number = from + 1): void {
    let low = this.#boundsUpTo(from);
    let high = this.#boundsUpTo(to);
    // A run that ends exactly at `from` continues; one that starts exactly at `to` is joined.
    if (low % 2 === 0 && low > 0 && this.#bounds[low - 1] === from) low -= 1;
    const replacement: number[] = [];
    if (low % 2 === 0) replacement.push(from);
    if (high % 2 === 0) replacement.push(to);
    if (high < low) high = low;
    this.#bounds.splice(low, high - low, ...replacement);
  }

  delete(value: number): void {
    const index = this.#boundsUpTo(value);
    if (index % 2 === 0) return;
    const from = this.#bounds[index - 1] ?? 0;
    const to = this.#bounds[index] ?? 0;
    const rest: number[] = [];
    if (from < value) rest.push(from, value);
    if (value + 1 < to) rest.push(value + 1, to);
    this.#bounds.splice(index - 1, 2, ...rest);
  }

  /** Removes everything below `value`. */
  deleteBelow(value: number): void {
    const index = this.#boundsUpTo(value);
    const inside = index % 2 === 1 && this.#bounds[index] !== value;
    this.#bounds.splice(0, inside ? index : index + (index % 2), ...(inside ? [value] : []));
  }

  /** The end of the run that starts exactly at `value`, which is then removed; else `value`. */
  takeRunAt(value: number): number {
    if (this.#bounds[0] !== value) return value;
    return this.#bounds.splice(0, 2)[1] ?? value;
  }

  /** The first value at or after `value` that is not in the set. */
  firstGap(value: number): number {
    const index = this.#boundsUpTo(value);
    return index % 2 === 1 ? (this.#bounds[index] ?? value) : value;
  }

  *entries(): IterableIterator<readonly [from: number, to: number]> {
    for (let i = 0; i < this.#bounds.length; i += 2) yield [this.#bounds[i] ?? 0, this.#bounds[i + 1] ?? 0];
  }

  /** How many bounds are <= value: odd means that value is inside a run. */
  #boundsUpTo(value: number): number {
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#bounds[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The runs of 0 … count - 1 between the numbers given, which ascend. */
export function gapsBetween(numbers: Iterable<number>, count: number): (readonly [number, number])[] {
  const gaps: (readonly [number, number])[] = [];
  let from = 0;
  for (const number of numbers) {
    if (number > from) gaps.push([from, number]);
    from = number + 1;
  }
  if (count > from) gaps.push([from, count]);
  return gaps;
}
