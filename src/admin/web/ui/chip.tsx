// Part of the page: where a trace got to, for one destination.
import { DESTINATION_NAMES, type DestinationId } from '../../../model/signals.ts';
import type { Chip } from '../../api/shapes.ts';
import { STATE_MEANINGS, viewChip } from '../model/chips.ts';
import { isDestinationOn, pipeline } from '../state/live.ts';
import { useStore } from '../state/store.ts';
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
  if (!view) return <NothingForIt destination={destination} />;
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

/** Nothing of the trace is meant for a destination that is on; one that is off has no sign at all. */
function NothingForIt({ destination }: { destination: DestinationId }) {
  const isOn = isDestinationOn(useStore(pipeline), destination);
  if (!isOn) return <span role="cell" />;
  const label = `${DESTINATION_NAMES[destination]}: nothing of it is for this destination`;
  return (
    <span class="chip-cell" role="cell" title={label}>
      <span class="chip s-skipped" data-destination={destination} data-state="skipped">
        <Sign state="skipped" />
        <span class="unseen">{label}</span>
      </span>
    </span>
  );
}
