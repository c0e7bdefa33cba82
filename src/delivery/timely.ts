// Part of delivery: age at the moment of sending. What was young enough when it was encoded may have waited for days.
import type { Reason } from '../model/reasons.ts';
import type { EncodedItem, ExportResult, Refusal } from './exporter.ts';

/** Refuses by itself what the vendor would not take any more, since one such item can cost the whole request, and sends the others. */
export async function sendTimely<T>(
  items: readonly EncodedItem<T>[],
  untimely: (timeUnixMs: number) => Reason | undefined,
  send: (timely: readonly EncodedItem<T>[]) => Promise<ExportResult>,
): Promise<ExportResult> {
  const refused: Refusal[] = [];
  const timely: { item: EncodedItem<T>; index: number }[] = [];
  items.forEach((item, index) => {
    const reason = untimely(item.timeUnixMs);
    if (reason) refused.push({ index, retryable: false, reason, vendor: null });
    else timely.push({ item, index });
  });
  if (refused.length === 0) return send(items);
  if (timely.length === 0) return { status: 'delivered', refused };
  const result = await send(timely.map(({ item }) => item));
  if (result.status !== 'delivered') return result;
  for (const refusal of result.refused)
    refused.push({ ...refusal, index: timely[refusal.index]?.index ?? refusal.index });
  return { ...result, refused };
}
