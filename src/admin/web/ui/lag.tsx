// Part of the page: how far a destination is behind in Kafka, and in which partitions.

import { count } from '../model/format.ts';
import type { Lag } from '../model/lag.ts';

/** More are in /status and /metrics. */
const SHOWN = 16;

export function LagLine({ lag: { group, messages, error, partitions } }: { lag: Lag }) {
  const behind = partitions.filter(({ lag }) => lag > 0);
  return (
    <div class="lag">
      <p class={messages > 0 ? '' : 'note'}>
        Kafka: {count(messages)} messages behind in {count(behind.length)} of {count(partitions.length)}{' '}
        partitions, group <span class="mono">{group}</span>
      </p>
      {error && <p class="is-odd">cannot be read now: {error}</p>}
      {behind.length > 0 && (
        <p class="numbers note">
          {behind.slice(0, SHOWN).map(({ signal, partition, lag }) => (
            <span key={`${signal} ${partition}`}>
              {signal} {partition}: {count(lag)}
            </span>
          ))}
          {behind.length > SHOWN && <span>and {count(behind.length - SHOWN)} more</span>}
        </p>
      )}
    </div>
  );
}
