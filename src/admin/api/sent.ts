// Part of admin/api: what exactly is sent for a span, encoded once more by the destination's own exporter.
import type { EncodedItem, Exporter } from '../../delivery/exporter.ts';
import { isMeantFor } from '../../delivery/routing.ts';
import { REASONS } from '../../model/reasons.ts';
import type { DestinationId } from '../../model/signals.ts';
import type { Sent } from './shapes.ts';
import type { ApiSources } from './sources.ts';

/** Undefined when the span is not kept. */
export async function sentTo(
  { recent, exporters }: ApiSources,
  traceId: string,
  spanId: string,
  destination: DestinationId,
): Promise<Sent | undefined> {
  const again = recent.again(traceId, spanId);
  if (!again) return undefined;
  const exporter = exporters.get(destination);
  const nothing = (code: keyof typeof REASONS, message: string = REASONS[code]): Sent => ({
    destination,
    items: [],
    notes: [{ code, message }],
  });
  if (!exporter) return nothing('not_configured');
  if (!isMeantFor(destination, again.record.origin))
    return nothing('not_applicable', 'it was replayed to another destination');
  const covers = ({ from, to }: { from: number; to: number }) => from <= again.index && again.index < to;
  const { items, skipped, rejected } = (exporter.preview ?? exporter.encode)(again.record);
  const meant = items
    .filter(({ sources }) => covers(sources))
    .map((item) => cutTo(item, again.index, exporter));
  const shown: Sent['items'][number][] = [];
  for (const item of meant)
    shown.push({
      partition: item.partition.replaceAll('\u0000', ' '),
      bytes: item.bytes,
      body: (await exporter.show?.(item)) ?? null,
    });
  const notes = [
    ...skipped.filter(covers).map(({ code }) => ({ code, message: REASONS[code] })),
    ...rejected.filter(covers).map(({ reason }) => ({ code: reason.code, message: reason.message })),
  ];
  if (shown.length === 0 && notes.length === 0) return nothing('not_applicable');
  return { destination, items: shown, notes };
}

/** Of an item that covers several, the one. */
function cutTo(
  item: EncodedItem<unknown>,
  index: number,
  { split }: Exporter<unknown>,
): EncodedItem<unknown> {
  let one = item;
  const before = index - one.sources.from;
  if (split && before > 0) one = split(one, before)[1];
  return split && one.sources.to - one.sources.from > 1 ? split(one, 1)[0] : one;
}
