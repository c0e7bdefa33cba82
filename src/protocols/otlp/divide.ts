// Part of protocols/otlp: shares a request's items out, in one walk over it, by copying slices: as many calls of `select` would give
// the same, each with a walk of its own.
import type { OtlpSignal } from '../../model/signals.ts';
import { LEVELS } from './levels.ts';
import { Slices } from './slices.ts';
import { Fields, WireType } from './wire.ts';

/**
 * A request for each share that has an item, with its items in their order, under the same resource and scope. `shareOf` is asked
 * once for each item, in order of their index (as scan counts them). When all are of one share, it is the body itself.
 */
export function divide(
  signal: OtlpSignal,
  body: Uint8Array,
  shareOf: (index: number) => number,
): ReadonlyMap<number, Uint8Array> {
  let index = 0;
  const levels = LEVELS[signal];

  function cut(from: number, to: number, level: number): Shares {
    const shares = new Shares();
    const fields = new Fields(body, from, to);
    while (fields.next()) {
      const { start, end, number } = fields;
      if (fields.wireType !== WireType.LEN || !levels[level]!.includes(number)) shares.copyToAll(start, end);
      else if (level === levels.length - 1) shares.of(shareOf(index++)).copy(start, end);
      else {
        const inner = cut(fields.from, fields.to, level + 1).all;
        for (const [share, slices] of inner) {
          if (inner.size === 1) shares.of(share).copy(start, end);
          else shares.of(share).wrap(number, slices);
        }
      }
    }
    return shares;
  }

  const { all } = cut(0, body.length, 0);
  if (all.size === 1) return new Map([...all.keys()].map((share) => [share, body]));
  return new Map([...all].map(([share, slices]) => [share, slices.cutOutOf(body)]));
}

/** Of one container: what each share has of it. */
class Shares {
  readonly all = new Map<number, Slices>();
  /** From, to, from, to, … of what stands beside the items: for shares that come later, too. */
  readonly #beside: number[] = [];

  of(share: number): Slices {
    let slices = this.all.get(share);
    if (slices) return slices;
    slices = new Slices();
    for (let at = 0; at < this.#beside.length; at += 2) slices.copy(this.#beside[at]!, this.#beside[at + 1]!);
    this.all.set(share, slices);
    return slices;
  }

  copyToAll(from: number, to: number): void {
    this.#beside.push(from, to);
    for (const slices of this.all.values()) slices.copy(from, to);
  }
}
