// Part of protocols/otlp: cuts a request down to chosen items by copying slices of it. Nothing is decoded, so fields
// that this code has never heard of survive.
import type { OtlpSignal } from '../../model/signals.ts';
import { LEVELS } from './levels.ts';
import { Slices } from './slices.ts';
import { Fields, WireType } from './wire.ts';

interface Cut {
  kept: Slices;
  items: number;
  dropped: number;
}

/**
 * The request with only those items whose index (as scan counts them) `keep` wants, in their order, under the same
 * resource and scope. Containers without an item fall away; when nothing is dropped, the body itself is returned.
 */
export function select(signal: OtlpSignal, body: Uint8Array, keep: (index: number) => boolean): Uint8Array {
  let index = 0;
  const levels = LEVELS[signal];

  function cut(from: number, to: number, level: number): Cut {
    const result: Cut = { kept: new Slices(), items: 0, dropped: 0 };
    const fields = new Fields(body, from, to);
    while (fields.next()) {
      const inner = levels[level]!;
      if (fields.wireType !== WireType.LEN || !inner.includes(fields.number)) {
        result.kept.copy(fields.start, fields.end);
      } else if (level === levels.length - 1) {
        if (keep(index++)) {
          result.kept.copy(fields.start, fields.end);
          result.items++;
        } else result.dropped++;
      } else {
        const { start, end, number } = fields;
        const child = cut(fields.from, fields.to, level + 1);
        result.items += child.items;
        result.dropped += child.dropped;
        if (child.items === 0) continue;
        if (child.dropped === 0) result.kept.copy(start, end);
        else result.kept.wrap(number, child.kept);
      }
    }
    return result;
  }

  const whole = cut(0, body.length, 0);
  return whole.dropped === 0 ? body : whole.kept.cutOutOf(body);
}
