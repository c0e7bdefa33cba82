// Part of the page: the head: views, whether it is live, and how each destination does.
import { DESTINATION_IDS, DESTINATION_NAMES, type DestinationId } from '../../../model/signals.ts';
import type { Pipeline } from '../../api/shapes.ts';
import { age, count } from '../model/format.ts';
import { addressOf, go, type Place, place, setFilter, type View } from '../state/address.ts';
import { connection, pipeline } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { setPaused, traces } from '../state/traces.ts';
import { StateMark } from './state-mark.tsx';

const VIEWS: readonly (readonly [View, string])[] = [
  ['traces', 'Traces'],
  ['logs', 'Logs'],
  ['pipeline', 'Pipeline'],
];

export function Head() {
  const here = useStore(place);
  const now = useStore(pipeline);
  return (
    <header class="head">
      <h1>Sidecast</h1>
      <nav aria-label="Views">
        {VIEWS.map(([view, name]) => (
          <ViewLink key={view} to={{ ...here, view }} name={name} isHere={here.view === view} />
        ))}
      </nav>
      <Live />
      <ul class="destinations" aria-label="Destinations">
        {DESTINATION_IDS.map((id) => (
          <DestinationState key={id} id={id} now={now} isFilter={here.filter.lacks === id} />
        ))}
      </ul>
    </header>
  );
}

function ViewLink({ to, name, isHere }: { to: Place; name: string; isHere: boolean }) {
  return (
    <a
      href={addressOf(to)}
      aria-current={isHere ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {name}
    </a>
  );
}

function Live() {
  const state = useStore(connection);
  const { isPaused, held } = useStore(traces);
  if (state === 'disconnected') {
    return (
      <span class="live bad" role="status">
        disconnected, trying again
      </span>
    );
  }
  return (
    <span class="live">
      <span class={`dot ${state} ${isPaused ? 'paused' : ''}`} aria-hidden="true" />
      <span role="status">{state === 'connecting' ? 'connecting' : isPaused ? 'paused' : 'live'}</span>
      <button type="button" onClick={() => setPaused(!isPaused)} title="Space">
        {isPaused ? `resume${held.length > 0 ? `, ${count(held.length)} new` : ''}` : 'pause'}
      </button>
    </span>
  );
}

interface StateProps {
  id: DestinationId;
  now: Pipeline | undefined;
  isFilter: boolean;
}

/** A click shows what the destination lacks. */
function DestinationState({ id, now, isFilter }: StateProps) {
  const state = now?.status.destinations[id].state ?? 'off';
  const reason = now?.status.destinations[id].reason;
  const flow = now?.destinations[id];
  const waits = flow && flow.queuedItems > 0 ? flow : undefined;
  const why = reason ? ` – ${reason.message}. ${reason.fix}` : '';
  return (
    <li>
      <button
        type="button"
        class={`destination is-${state}`}
        aria-pressed={isFilter}
        disabled={state === 'off'}
        title={
          state === 'off'
            ? `${DESTINATION_NAMES[id]} is off${why}`
            : `Show what ${DESTINATION_NAMES[id]} lacks${why}`
        }
        data-destination={id}
        data-state={state}
        onClick={() => setFilter('lacks', isFilter ? undefined : id)}
      >
        <StateMark state={state} />
        <span class="name">{DESTINATION_NAMES[id]}</span>
        {state !== 'on' && <span class="word">{state}</span>}
        {waits && state !== 'on' && (
          <span class="waiting">
            {count(waits.queuedItems)} queued
            {waits.oldestQueuedAgeMs !== null && (
              <span class="oldest">, oldest {age(waits.oldestQueuedAgeMs)}</span>
            )}
          </span>
        )}
      </button>
    </li>
  );
}
