// Part of the page: the light of a destination: on, retrying, blocked or off. Its shape says it too.
import type { DestinationStatus } from '../../status.ts';

const SHAPES: Readonly<Record<DestinationStatus['state'], string>> = {
  on: 'M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  retrying: 'M6 1.4 11 10.4H1z',
  blocked: 'M2 2h8v8H2z',
  off: 'M6 2.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
};

export function StateMark({ state }: { state: DestinationStatus['state'] }) {
  return (
    <svg class={`mark m-${state}`} viewBox="0 0 12 12" aria-hidden="true">
      <path d={SHAPES[state]} />
    </svg>
  );
}
