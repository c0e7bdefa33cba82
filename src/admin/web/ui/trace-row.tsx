// Part of the page: one trace as one row.
import { DESTINATION_IDS } from '../../../model/signals.ts';
import type { TraceRow } from '../../api/shapes.ts';
import { clock, count, duration, exactDuration, exactTime } from '../model/format.ts';
import { addressOf, closeTrace, openTrace, place } from '../state/address.ts';
import { cursor } from '../state/cursor.ts';
import { DeliveryChip } from './chip.tsx';
import { PairLink } from './pair.tsx';

/** Columns that would say the same in every row, or nothing, are left out. */
export function columnsOf(rows: readonly TraceRow[]): string {
  const services = new Set(rows.flatMap((row) => row.services));
  const hasUsers = rows.some((row) => row.userId !== undefined);
  return `${hasUsers ? 'with-user' : ''} ${services.size > 1 ? 'with-service' : ''}`;
}

interface Props {
  row: TraceRow;
  columns: string;
  yPx: number;
  index: number;
  isOpen: boolean;
  isCurrent: boolean;
  longestMs: number;
}

export function TraceRowView({ row, columns, yPx, index, isOpen, isCurrent, longestMs }: Props) {
  const { id, startUnixNano, durationMs, statusCode, errors } = row;
  const toggle = () => {
    cursor.set(id);
    if (isOpen) closeTrace();
    else openTrace(id);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the link inside does the same for keys
    <div
      class={`row ${columns} ${isOpen ? 'is-open' : ''} ${isCurrent ? 'is-current' : ''} ${errors > 0 ? 'has-error' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      data-trace={id}
      style={{ transform: `translateY(${yPx}px)` }}
      onClick={toggle}
    >
      <span role="cell" class="time" title={exactTime(startUnixNano)}>
        {clock(startUnixNano).slice(0, 8)}
        <span class="millis">{clock(startUnixNano).slice(8)}</span>
      </span>
      <span role="cell" class="request">
        <a
          href={addressOf({ ...place.get(), view: 'traces', traceId: id })}
          title={row.name}
          tabIndex={isCurrent ? 0 : -1}
          aria-expanded={isOpen}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey) return event.stopPropagation();
            event.preventDefault();
          }}
        >
          {row.name}
        </a>
        {errors > 0 && (
          <span class="error-mark" title={`${errors} spans with an error`}>
            !<span class="unseen">error</span>
          </span>
        )}
        {row.came.length === 1 && row.came[0] === 'xray' && <span class="tag">X-Ray</span>}
        <PairLink row={row} short isReachable={isCurrent} />
        {row.logs > 0 && <span class="tag">{row.logs === 1 ? '1 log' : `${row.logs} logs`}</span>}
      </span>
      <span role="cell" class="user" title={row.userId}>
        {row.userId}
      </span>
      <span role="cell" class="service" title={row.services.join(', ')}>
        {row.services.join(', ')}
      </span>
      <span role="cell" class={`code ${codeTone(statusCode)}`}>
        {statusCode}
      </span>
      <span role="cell" class="took" title={exactDuration(durationMs)}>
        {duration(durationMs)}
      </span>
      <span role="cell" class="bar-cell" aria-hidden="true">
        <span class="log-bar" style={{ width: `${logShare(durationMs, longestMs) * 100}%` }} />
      </span>
      <span role="cell" class="spans">
        {count(row.spans)}
      </span>
      {DESTINATION_IDS.map((destination) => (
        <DeliveryChip
          key={destination}
          destination={destination}
          chip={row.chips[destination]}
          isReachable={isCurrent}
          onOpen={() => {
            cursor.set(id);
            openTrace(id, { tab: destination });
          }}
        />
      ))}
    </div>
  );
}

/** 0.1 ms has the shortest bar, the longest of the list a full one. */
const SHORTEST_MS = 0.1;

function logShare(ms: number, longestMs: number): number {
  const share =
    Math.log(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) / Math.log(Math.max(longestMs, 1) / SHORTEST_MS);
  return Math.min(1, Math.max(0.02, share));
}

export function codeTone(code: number | undefined): string {
  if (code === undefined || code < 400) return '';
  return code >= 500 ? 'is-bad' : 'is-odd';
}
