// Part of the page: the side panel: the chosen span, or what one destination was sent of it.
import { DESTINATION_IDS, DESTINATION_NAMES, type DestinationId } from '../../../model/signals.ts';
import type { Trace } from '../../api/shapes.ts';
import { SHORT_NAMES, viewChip } from '../model/chips.ts';
import type { Node } from '../model/tree.ts';
import { openTrace, place } from '../state/address.ts';
import { isDestinationOn, pipeline } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { SentPanel } from './sent-panel.tsx';
import { Sign } from './sign.tsx';
import { SpanPanel } from './span-panel.tsx';

export function Panel({ trace, node }: { trace: Trace; node: Node | undefined }) {
  const { tab } = useStore(place);
  const { row } = trace;
  const show = (to: DestinationId | undefined) =>
    openTrace(row.id, { ...(node && { spanId: node.id }), ...(to && { tab: to }) });
  const now = useStore(pipeline);
  const tabs = DESTINATION_IDS.filter((id) => row.chips[id] || isDestinationOn(now, id) || id === tab);
  return (
    <aside class="panel" aria-label="Details">
      <div class="tabs" role="tablist" aria-label="The span, and what each destination got of it">
        <Tab isChosen={tab === undefined} onChoose={() => show(undefined)}>
          Span
        </Tab>
        {tabs.map((id) => {
          const view = viewChip(row.chips[id] ?? { skipped: 1 });
          return (
            <Tab key={id} isChosen={tab === id} onChoose={() => show(id)}>
              {view && <Sign state={view.state} />}
              {SHORT_NAMES[id]}
            </Tab>
          );
        })}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too */}
      <div class="panel-body" role="tabpanel" tabIndex={0} aria-label={tab ? DESTINATION_NAMES[tab] : 'Span'}>
        {tab ? (
          <SentPanel trace={trace} node={node} destination={tab} />
        ) : (
          <SpanPanel trace={trace} node={node} />
        )}
      </div>
    </aside>
  );
}

interface TabProps {
  isChosen: boolean;
  onChoose(): void;
  children: preact.ComponentChildren;
}

function Tab({ isChosen, onChoose, children }: TabProps) {
  return (
    <button type="button" role="tab" aria-selected={isChosen} onClick={onChoose}>
      {children}
    </button>
  );
}
