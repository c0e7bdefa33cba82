// Part of the page: the last failures of the same route, in the room that a short trace leaves.
import type { TraceRow } from '../../api/shapes.ts';
import { clock, duration, exactTime } from '../model/format.ts';
import { addressOf, openTrace, place } from '../state/address.ts';
import { useStore } from '../state/store.ts';
import { traces } from '../state/traces.ts';

const SHOWN = 5;

export function Siblings({ row }: { row: TraceRow }) {
  const { rows } = useStore(traces);
  const failures = rows
    .filter((other) => other.errors > 0 && other.name === row.name && other.id !== row.id)
    .slice(0, SHOWN);
  if (failures.length === 0) return null;
  return (
    <section class="siblings" aria-label="Last failures of this route">
      <h3>
        {row.errors > 0 ? 'Other failures' : 'Last failures'} of {row.name}
      </h3>
      <ul>
        {failures.map((other) => (
          <li key={other.id}>
            <a
              href={addressOf({ ...place.get(), traceId: other.id })}
              title={exactTime(other.startUnixNano)}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey) return;
                event.preventDefault();
                openTrace(other.id);
              }}
            >
              {clock(other.startUnixNano)}
            </a>
            <span class="code">{other.statusCode}</span>
            <span class="took">{duration(other.durationMs)}</span>
            <span class="user">{other.userId}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
