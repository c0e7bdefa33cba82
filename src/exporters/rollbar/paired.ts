// Part of exporters/rollbar: both trace ids of the request that raised an exception, as far as they are known.
import type { IdsOf } from '../../correlation/pairs.ts';
import type { Encoded } from '../../delivery/exporter.ts';
import type { Signal } from '../../model/signals.ts';
import type { Occurrence } from './occurrence.ts';

/** Asked once, when the item is made: what is learnt later does not change an item between two attempts. */
export function withIds(
  encoded: Encoded<Occurrence>,
  signal: Signal,
  idsOf: IdsOf | undefined,
): Encoded<Occurrence> {
  if (!idsOf) return encoded;
  const side = signal === 'segments' ? 'xray' : 'otlp';
  const items = encoded.items.map((item) =>
    item.value.traceId === ''
      ? item
      : { ...item, value: { ...item.value, ids: idsOf(item.value.traceId, side) } },
  );
  return { ...encoded, items };
}
