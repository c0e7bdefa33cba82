// Part of the page: the opened trace, in place under its row: what it is, its waterfall, and what is known of one span.
import { useMemo } from 'preact/hooks';
import type { Trace } from '../../api/shapes.ts';
import { layOut } from '../model/waterfall.ts';
import { openTrace, place } from '../state/address.ts';
import { opened } from '../state/opened.ts';
import { useStore } from '../state/store.ts';
import { Panel } from './panel.tsx';
import { Siblings } from './siblings.tsx';
import { TraceHead } from './trace-head.tsx';
import { WaterfallView } from './waterfall.tsx';

export function OpenedTrace({ heightPx }: { heightPx: number }) {
  const now = useStore(opened);
  if (!now?.trace) {
    return (
      <p class="opened empty" role="status">
        {now?.failure ? `This trace cannot be shown: ${now.failure}.` : 'Loading'}
      </p>
    );
  }
  return <Loaded key={now.id} trace={now.trace} heightPx={heightPx} />;
}

const LEAST_PX = 320;
const SHORT_TRACE = 12;

function Loaded({ trace, heightPx }: { trace: Trace; heightPx: number }) {
  const here = useStore(place);
  const waterfall = useMemo(() => layOut(trace), [trace]);
  const node = (here.spanId && waterfall.tree.byId.get(here.spanId)) || waterfall.first;
  const choose = (spanId: string) => openSpan(trace.row.id, spanId);
  return (
    <section
      class="opened"
      aria-label={`Trace ${trace.row.name}`}
      style={{ maxHeight: `${Math.max(LEAST_PX, heightPx)}px` }}
    >
      <TraceHead trace={trace} waterfall={waterfall} onChoose={choose} />
      <div class="split">
        <div class="left">
          <WaterfallView waterfall={waterfall} chosenId={node?.id} onChoose={choose} />
          {trace.spans.length <= SHORT_TRACE && <Siblings row={trace.row} />}
        </div>
        <Panel trace={trace} node={node} />
      </div>
    </section>
  );
}

/** The tab stays: one compares what a destination got, span by span. */
function openSpan(traceId: string, spanId: string): void {
  const { tab } = place.get();
  openTrace(traceId, { spanId, ...(tab && { tab }) });
}
