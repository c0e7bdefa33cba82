// Part of the page: one destination in the pipeline: its state in words, its queue, and its books.
import { DESTINATION_NAMES, type DestinationId } from '../../../model/signals.ts';
import type { Pipeline } from '../../api/shapes.ts';
import { offBy, PARTS } from '../model/books.ts';
import { age, bytes, clockOfMs, count, rate } from '../model/format.ts';
import { lagOf } from '../model/lag.ts';
import { LagLine } from './lag.tsx';
import { StateMark } from './state-mark.tsx';

export function DestinationBox({ id, now }: { id: DestinationId; now: Pipeline }) {
  const { state, reason, since, heldUntil, counts } = now.status.destinations[id];
  const flow = now.destinations[id];
  const lag = lagOf(now, id);
  const { queuedItems, queuedBytes, oldestQueuedAgeMs, retryAtMs } = flow;
  return (
    <article
      class={`box sink is-${state}`}
      aria-label={DESTINATION_NAMES[id]}
      data-destination={id}
      data-state={state}
    >
      <h3>
        <StateMark state={state} /> {DESTINATION_NAMES[id]} <span class="word">{state}</span>
        {state !== 'off' && <span class="rate">{rate(flow.deliveredPerSecond)}</span>}
      </h3>
      {reason && (
        <p class="reason">
          {reason.message}. <strong>{reason.fix}</strong>
        </p>
      )}
      {state !== 'off' && (
        <>
          <p class="queue">
            <span class={queuedItems > 0 ? 'waits' : ''}>
              {count(queuedItems)} queued{queuedItems > 0 && `, ${bytes(queuedBytes)}`}
            </span>
            {queuedItems > 0 && oldestQueuedAgeMs !== null && <span>oldest {age(oldestQueuedAgeMs)}</span>}
            {retryAtMs !== null && <span class="countdown">next try {countdown(retryAtMs - now.nowMs)}</span>}
            {state !== 'on' && <span>since {clockOfMs(Date.parse(since)).slice(0, 8)}</span>}
            {heldUntil && (
              <span title={heldUntil}>held for {age(Date.parse(heldUntil) - now.nowMs)} more</span>
            )}
          </p>
          {lag && <LagLine lag={lag} />}
          <p class="books">
            <span>{count(counts.accepted)} accepted</span> ={' '}
            {PARTS.map((part, index) => (
              <span key={part} class={counts[part] > 0 ? `s-${part}` : 'zero'}>
                {index > 0 && '+ '}
                {count(counts[part])} {part}
              </span>
            ))}
            {offBy(counts) !== 0 && (
              <strong class="is-bad"> off by {offBy(counts)}: a bug, please report it</strong>
            )}
          </p>
        </>
      )}
    </article>
  );
}

const countdown = (ms: number) => (ms < 1000 ? 'now' : `in ${age(ms)}`);
