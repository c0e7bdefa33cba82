// Part of the page: a span's bar in the waterfall: its own time, the critical path, its events, how long it took.
import { ownTime, type Segment } from '../model/critical-path.ts';
import { duration, exactDuration, exactTime } from '../model/format.ts';
import { lengthOf, type Stretch, shareOf } from '../model/stretch.ts';
import type { Node } from '../model/tree.ts';
import type { Waterfall } from '../model/waterfall.ts';

/** Beyond this point a label has no room to the right of its bar. */
const FLIP_AT = 0.78;
/** Pieces closer than this share of what is in view are drawn as one. */
const LEAST_SHARE = 0.002;

export function Bar({ node, waterfall, stretch }: { node: Node; waterfall: Waterfall; stretch: Stretch }) {
  const { tree, services, critical } = waterfall;
  const { span, startMs, endMs } = node;
  const isInView = (piece: Segment) =>
    shareOf(stretch, piece.endMs) >= 0 && shareOf(stretch, piece.startMs) <= 1;
  const share = (ms: number) => Math.min(1, Math.max(0, shareOf(stretch, ms)));
  const box = (piece: Segment) => ({
    left: `${share(piece.startMs) * 100}%`,
    width: `${(share(piece.endMs) - share(piece.startMs)) * 100}%`,
  });
  const took = span && (span.inProgress ? 'in progress' : duration(span.durationMs));
  if (!isInView(node)) {
    const isBefore = endMs < stretch.fromMs;
    return (
      <span class={`took away ${isBefore ? '' : 'flips'}`}>
        {isBefore ? `‹ ${took ?? ''}` : `${took ?? ''} ›`}
      </span>
    );
  }
  if (!span) return <span class="bar ghost" style={box(node)} />;
  const colour = `c${services.length > 1 ? services.indexOf(span.service) % 8 : 0}`;
  const flips = share(endMs) > FLIP_AT;
  const labelAt = flips ? { right: `${(1 - share(startMs)) * 100}%` } : { left: `${share(endMs) * 100}%` };
  const isFlippedOut = flips && share(startMs) < 0.12;
  const pieces = (all: readonly Segment[]) => joined(all.filter(isInView), lengthOf(stretch));
  return (
    <>
      <span
        class={`bar ${colour} ${span.error ? 'has-error' : ''} ${span.inProgress ? 'is-going-on' : ''}`}
        style={box(node)}
        title={barTitle(node)}
      />
      {pieces(ownTime(node)).map((piece) => (
        <span key={`own ${piece.startMs}`} class={`own ${colour}`} style={box(piece)} />
      ))}
      {pieces(critical.get(node.id) ?? []).map((piece) => (
        <span key={`path ${piece.startMs}`} class="path" style={box(piece)} />
      ))}
      {span.events.slice(0, 50).map((event, index) => {
        const atMs = Math.min(tree.durationMs, Math.max(0, eventMs(node, event.timeUnixNano)));
        return (
          isInView({ startMs: atMs, endMs: atMs }) && (
            <span
              key={index}
              class={`event ${event.name === 'exception' ? 'is-bad' : ''}`}
              title={`${event.name}, ${exactTime(event.timeUnixNano)}`}
              style={{ left: `${share(atMs) * 100}%` }}
            />
          )
        );
      })}
      <span
        class={`took ${flips ? 'flips' : ''} ${isFlippedOut ? 'inside' : ''}`}
        style={isFlippedOut ? { left: `${share(startMs) * 100}%` } : labelAt}
      >
        {took}
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
