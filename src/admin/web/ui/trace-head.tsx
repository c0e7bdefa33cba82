// Part of the page: the head of an opened trace: what it is, how it compares, what failed, where else it can be seen.
import { DESTINATION_IDS, DESTINATION_NAMES } from '../../../model/signals.ts';
import type { Trace } from '../../api/shapes.ts';
import { duration, percent } from '../model/format.ts';
import { exceptionsOf } from '../model/important.ts';
import { requestAsCurl } from '../model/request-curl.ts';
import type { Node } from '../model/tree.ts';
import type { Waterfall } from '../model/waterfall.ts';
import { closeTrace } from '../state/address.ts';
import { fetchText, markdownPath, otlpPath } from '../state/api.ts';
import { CopyButton } from './copy.tsx';
import { PairLink } from './pair.tsx';

interface Props {
  trace: Trace;
  waterfall: Waterfall;
  onChoose(spanId: string): void;
}

const SHOWN_FAILURES = 3;

export function TraceHead({ trace, waterfall, onChoose }: Props) {
  const { row, rank, links, spans } = trace;
  const curl = requestAsCurl(spans);
  return (
    <header class="trace-head">
      <div class="facts">
        <span class="id mono" title="Trace id">
          {row.id}
          <CopyButton small label="the trace id" text={() => row.id} />
        </span>
        <span>{row.came.map((came) => (came === 'xray' ? 'X-Ray segments' : 'OTLP')).join(' and ')}</span>
        {rank && (
          <span title={`Of the traces of ${rank.route} that are kept here`}>
            this route: p50 {duration(rank.p50Ms)}, p95 {duration(rank.p95Ms)}; slowest{' '}
            {percent(rank.slowestPercent)}
          </span>
        )}
        <PairLink row={row} />
      </div>
      <div class="actions">
        {DESTINATION_IDS.map((id) => {
          const url = links[id];
          return (
            url && (
              <a key={id} class="away" href={url} target="_blank" rel="noreferrer">
                {DESTINATION_NAMES[id]} ↗
              </a>
            )
          );
        })}
        <span class="copies">
          copy
          <CopyButton label="OTLP/JSON" text={() => fetchText(otlpPath(row.id))} />
          <CopyButton label="Markdown" text={() => fetchText(markdownPath(row.id))} />
          {curl !== undefined && (
            <CopyButton label="curl" title={`Copy the request again: ${curl}`} text={() => curl} />
          )}
        </span>
        <button type="button" class="plain" aria-label="Close the trace" title="Esc" onClick={closeTrace}>
          ×
        </button>
      </div>
      <Failures nodes={waterfall.failures} onChoose={onChoose} />
      {waterfall.skews.map(({ service, aheadMs }) => (
        <p key={service} class="note">
          The clock of {service} is {duration(Math.abs(aheadMs))} {aheadMs > 0 ? 'ahead of' : 'behind'} its
          caller’s: its spans are shown moved by as much. Exact times, on hover, are as received.
        </p>
      ))}
    </header>
  );
}

function Failures({ nodes, onChoose }: { nodes: readonly Node[]; onChoose(id: string): void }) {
  if (nodes.length === 0) return null;
  return (
    <ul class="failures">
      {nodes.slice(0, SHOWN_FAILURES).map((node) => (
        <li key={node.id}>
          <button type="button" onClick={() => onChoose(node.id)}>
            <span class="error-mark">!</span> {failureText(node)}
          </button>
        </li>
      ))}
      {nodes.length > SHOWN_FAILURES && <li class="note">and {nodes.length - SHOWN_FAILURES} more</li>}
    </ul>
  );
}

function failureText({ span }: Node): string {
  if (!span) return '';
  const exception = exceptionsOf(span)[0];
  const what = exception ? `${exception.type}: ${exception.message}` : (span.statusMessage ?? 'error');
  return `${what} – ${span.name}`;
}
