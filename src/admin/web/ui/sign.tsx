// Part of the page: a sign for each state, so that colour never says it alone. Drawn, because fonts differ.
import type { ItemState } from '../../api/shapes.ts';

const PATHS: Readonly<Record<ItemState, string>> = {
  delivered: 'M2 6.5 5 9.5 10 3',
  queued: 'M2 6h.01M6 6h.01M10 6h.01',
  retrying: 'M10 6a4 4 0 1 1-1.2-2.9M9.4 1v2.4H7',
  blocked: 'M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M3.6 6h4.8',
  skipped: 'M3.5 6h5',
  sampled: 'M1.8 2.5h8.4L7.2 6.2v3.6L4.8 8.4V6.2z',
  rejected: 'M2.8 2.8l6.4 6.4M9.2 2.8 2.8 9.2',
  dropped: 'M6 1.2v6M3 4.8l3 3 3-3M2 10.6h8',
};

export function Sign({ state }: { state: ItemState }) {
  return (
    <svg class={`sign s-${state}`} viewBox="0 0 12 12" aria-hidden="true">
      <path d={PATHS[state]} />
    </svg>
  );
}
