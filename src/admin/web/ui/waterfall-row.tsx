// Part of the page: one row of the waterfall: a span, a parent that was not received, or a log line.
import { ownTime, type Segment } from '../model/critical-path.ts';
import { clock, duration, exactDuration, exactTime } from '../model/format.ts';
import { asText } from '../model/important.ts';
import type { WaterfallRow } from '../model/rows.ts';
import type { Node } from '../model/tree.ts';
import type { Waterfall } from '../model/waterfall.ts';
import { MarkedText } from './redacted.tsx';

interface Props {
  row: WaterfallRow;
  yPx: number;
  waterfall: Waterfall;
  isChosen: boolean;
  isFound: boolean;
  onChoose(spanId: string): void;
  onFold(id: string): void;
}

const INDENT_PX = 14;

export function WaterfallRowView({ row, yPx, waterfall, isChosen, isFound, onChoose, onFold }: Props) {
  const style = { transform: `translateY(${yPx}px)` };
  const indent = { paddingLeft: `${8 + row.depth * INDENT_PX}px` };
  if (row.kind === 'log') return <LogLine row={row} style={style} indent={indent} waterfall={waterfall} />;
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
        <Bar node={node} waterfall={waterfall} />
      </span>
    </div>
  );
}

/** Beyond this point a label has no room to the right of its bar. */
const FLIP_AT = 0.78;
/** Pieces closer than this share of the trace are drawn as one. */
const LEAST_SHARE = 0.002;

function Bar({ node, waterfall }: { node: Node; waterfall: Waterfall }) {
  const { tree, services, critical } = waterfall;
  const whole = tree.durationMs || 1;
  const { span, startMs, endMs } = node;
  const share = (ms: number) => ms / whole;
  const box = (piece: Segment) => ({
    left: `${share(piece.startMs) * 100}%`,
    width: `${share(piece.endMs - piece.startMs) * 100}%`,
  });
  if (!span) return <span class="bar ghost" style={box(node)} />;
  const colour = `c${services.length > 1 ? services.indexOf(span.service) % 8 : 0}`;
  const flips = share(endMs) > FLIP_AT;
  const labelAt = flips ? { right: `${(1 - share(startMs)) * 100}%` } : { left: `${share(endMs) * 100}%` };
  const isFlippedOut = flips && share(startMs) < 0.12;
  return (
    <>
      <span
        class={`bar ${colour} ${span.error ? 'has-error' : ''} ${span.inProgress ? 'is-going-on' : ''}`}
        style={box(node)}
        title={barTitle(node)}
      />
      {joined(ownTime(node), whole).map((piece) => (
        <span key={`own ${piece.startMs}`} class={`own ${colour}`} style={box(piece)} />
      ))}
      {joined(critical.get(node.id) ?? [], whole).map((piece) => (
        <span key={`path ${piece.startMs}`} class="path" style={box(piece)} />
      ))}
      {span.events.slice(0, 50).map((event, index) => (
        <span
          key={index}
          class={`event ${event.name === 'exception' ? 'is-bad' : ''}`}
          title={`${event.name}, ${exactTime(event.timeUnixNano)}`}
          style={{ left: `${Math.min(1, Math.max(0, share(eventMs(node, event.timeUnixNano)))) * 100}%` }}
        />
      ))}
      <span
        class={`took ${flips ? 'flips' : ''} ${isFlippedOut ? 'inside' : ''}`}
        style={isFlippedOut ? { left: `${share(startMs) * 100}%` } : labelAt}
      >
        {span.inProgress ? 'in progress' : duration(span.durationMs)}
      </span>
    </>
  );
}

/** On the span's own clock, moved as the span was moved. */
function eventMs({ span, startMs }: Node, timeUnixNano: string): number {
  return span ? startMs + Number(BigInt(timeUnixNano) - BigInt(span.startUnixNano)) / 1e6 : startMs;
}

function joined(pieces: readonly Segment[], whole: number): Segment[] {
  const result: Segment[] = [];
  for (const piece of pieces.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = result.at(-1);
    if (last && piece.startMs - last.endMs < whole * LEAST_SHARE)
      last.endMs = Math.max(last.endMs, piece.endMs);
    else result.push({ ...piece });
  }
  return result;
}

function barTitle({ span }: Node): string {
  if (!span) return '';
  return `${span.name} · ${span.service}\n${exactDuration(span.durationMs)} from ${exactTime(span.startUnixNano)}`;
}

interface LogProps {
  row: Extract<WaterfallRow, { kind: 'log' }>;
  style: Record<string, string>;
  indent: Record<string, string>;
  waterfall: Waterfall;
}

function LogLine({ row, style, indent, waterfall }: LogProps) {
  const { log, atMs } = row.placed;
  const left = Math.min(1, Math.max(0, atMs / (waterfall.tree.durationMs || 1)));
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
        <span class="log-tick" style={{ left: `${left * 100}%` }} title={clock(log.timeUnixNano)} />
      </span>
    </div>
  );
}

export function severityTone(severityNumber: number): string {
  if (severityNumber >= 17) return 'is-bad';
  return severityNumber >= 13 ? 'is-odd' : '';
}
