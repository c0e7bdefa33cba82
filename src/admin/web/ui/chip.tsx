// Part of the page: where a trace got to, for one destination.
import { DESTINATION_NAMES, type DestinationId } from '../../../model/signals.ts';
import type { Chip } from '../../api/shapes.ts';
import { STATE_MEANINGS, viewChip } from '../model/chips.ts';
import { Sign } from './sign.tsx';

/** What needs no attention shows its sign only. */
const QUIET = new Set(['delivered', 'skipped', 'sampled']);

interface Props {
  destination: DestinationId;
  chip: Chip | undefined;
  isReachable: boolean;
  onOpen(): void;
}

export function DeliveryChip({ destination, chip, isReachable, onOpen }: Props) {
  const view = chip && viewChip(chip);
  if (!view)
    return <span class="chip none" role="cell" aria-label={`${DESTINATION_NAMES[destination]}: nothing`} />;
  const { state, part, text } = view;
  const sum = part ? `${part.count}/${part.of}` : '';
  const label = `${DESTINATION_NAMES[destination]}: ${sum && `${sum} delivered: `}${text}`;
  return (
    <span class="chip-cell" role="cell">
      <button
        type="button"
        class={`chip s-${state}`}
        tabIndex={isReachable ? 0 : -1}
        aria-label={label}
        title={`${label} – ${STATE_MEANINGS[state]}`}
        data-destination={destination}
        data-state={state}
        onClick={(event) => {
          event.stopPropagation();
          onOpen();
        }}
      >
        <Sign state={state} />
        {part ? <span class="part">{sum}</span> : !QUIET.has(state) && <span class="word">{state}</span>}
      </button>
    </span>
  );
}
