// Part of the page: one row of the waterfall: a span, a parent that was not received, or a log line.
import { SEVERITY_ERROR } from '../../../model/otlp.ts';
import { clock, exactTime } from '../model/format.ts';
import { asText } from '../model/important.ts';
import type { WaterfallRow } from '../model/rows.ts';
import { type Stretch, shareOf } from '../model/stretch.ts';
import type { Waterfall } from '../model/waterfall.ts';
import { Bar } from './bar.tsx';
import { MarkedText } from './redacted.tsx';

interface Props {
  row: WaterfallRow;
  yPx: number;
  waterfall: Waterfall;
  /** What of the trace is in view. */
  stretch: Stretch;
  isChosen: boolean;
  isFound: boolean;
  onChoose(spanId: string): void;
  onFold(id: string): void;
}

const INDENT_PX = 14;

export function WaterfallRowView(props: Props) {
  const { row, yPx, waterfall, stretch, isChosen, isFound, onChoose, onFold } = props;
  const style = { transform: `translateY(${yPx}px)` };
  const indent = { paddingLeft: `${8 + row.depth * INDENT_PX}px` };
  if (row.kind === 'log')
    return (
      <LogLine
        row={row}
        style={style}
        indent={indent}
        stretch={stretch}
        wholeMs={waterfall.tree.durationMs}
      />
    );
  const { node, isOpen } = row;
  const { span } = node;
  const hasBelow = node.children.length > 0;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree walks by arrow keys
    <div
      class={`span-row ${isChosen ? 'is-chosen' : ''} ${span?.error ? 'has-error' : ''} ${span ? '' : 'is-ghost'} ${isFound ? '' : 'is-dim'}`}
      role="treeitem"
      tabIndex={isChosen ? 0 : -1}
      aria-selected={isChosen}
      aria-level={row.depth + 1}
      aria-expanded={hasBelow ? isOpen : undefined}
      data-span={node.id}
      style={style}
      onClick={() => onChoose(node.id)}
    >
      <span class="span-name" style={indent}>
        {hasBelow ? (
          <span
            class="twist"
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation();
              onFold(node.id);
            }}
          >
            {isOpen ? '▾' : '▸'}
            {!isOpen && <span class="below">{node.descendants}</span>}
          </span>
        ) : (
          <span class="twist" />
        )}
        {span?.error && (
          <span class="error-mark" aria-hidden="true">
            !
          </span>
        )}
        {!isOpen && node.hasErrorBelow && !span?.error && (
          <span class="error-mark" aria-hidden="true">
            !
          </span>
        )}
        <span class="text" title={span?.name}>
          {span ? span.name : `parent ${node.id.slice(0, 8)}… not received here`}
        </span>
        {span && (
          <span class="unseen">
            , {span.service}
            {span.error && ', error'},
          </span>
        )}
      </span>
      <span class="lane">
        <Bar node={node} waterfall={waterfall} stretch={stretch} />
      </span>
    </div>
  );
}

interface LogProps {
  row: Extract<WaterfallRow, { kind: 'log' }>;
  style: Record<string, string>;
  indent: Record<string, string>;
  stretch: Stretch;
  wholeMs: number;
}

function LogLine({ row, style, indent, stretch, wholeMs }: LogProps) {
  const { log, atMs } = row.placed;
  // What is written after the trace's end is drawn at its end.
  const left = shareOf(stretch, Math.min(wholeMs, Math.max(0, atMs)));
  const text = asText(log.body);
  return (
    <div
      class={`span-row log-row ${severityTone(log.severityNumber)}`}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={false}
      tabIndex={-1}
      style={style}
      title={`${exactTime(log.timeUnixNano)}\n${text}`}
    >
      <span class="span-name" style={indent}>
        <span class="twist" />
        <span class="severity">{log.severity}</span>
        <span class="text">
          <MarkedText text={text} short />
        </span>
      </span>
      <span class="lane" aria-hidden="true">
        {left >= 0 && left <= 1 && (
          <span class="log-tick" style={{ left: `${left * 100}%` }} title={clock(log.timeUnixNano)} />
        )}
      </span>
    </div>
  );
}

export function severityTone(severityNumber: number): string {
  if (severityNumber >= SEVERITY_ERROR) return 'is-bad';
  return severityNumber >= 13 ? 'is-odd' : '';
}
