// Part of the page: the way to the other account of a request, where both SDKs told of it.
import type { TraceRow } from '../../api/shapes.ts';
import { addressOf, openTrace, place } from '../state/address.ts';

interface Props {
  row: TraceRow;
  /** In the list: a sign is enough there. */
  short?: boolean;
  isReachable?: boolean;
}

export function PairLink({ row, short, isReachable = true }: Props) {
  const { pairedWith, came } = row;
  if (pairedWith === undefined) return null;
  const other = came[0] === 'xray' ? 'OTLP' : 'X-Ray';
  const words = `the same request as ${pairedWith}`;
  return (
    <a
      class={short ? 'tag pair' : 'pair'}
      href={addressOf({ ...place.get(), view: 'traces', traceId: pairedWith })}
      title={`Told of twice: ${words}, which came as ${other}`}
      aria-label={short ? `${words} (${other})` : undefined}
      tabIndex={isReachable ? 0 : -1}
      onClick={(event) => {
        event.stopPropagation();
        if (event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        openTrace(pairedWith);
      }}
    >
      {short ? '⇄' : `the same request as ${pairedWith.slice(0, 8)}… (${other})`}
    </a>
  );
}
