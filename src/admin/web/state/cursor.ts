// Part of the page: which row of the list the keys are at.
import { place } from './address.ts';
import { createStore } from './store.ts';
import { traces } from './traces.ts';

export const cursor = createStore<string | undefined>(undefined);

/** The row that it came to; undefined when there is none. */
export function moveCursor(by: 1 | -1): string | undefined {
  const { rows } = traces.get();
  const from = cursor.get() ?? place.get().traceId;
  const at = rows.findIndex(({ id }) => id === from);
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (next) cursor.set(next.id);
  return next?.id;
}
