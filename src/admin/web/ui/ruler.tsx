// Part of the page: the time axis above a waterfall. What is dragged over on it is then shown alone; the strip says where that is.
import { useState } from 'preact/hooks';
import { axisOf } from '../model/axis.ts';
import { tick } from '../model/format.ts';
import { lengthOf, msAt, type Stretch, shareOf, stretchOf } from '../model/stretch.ts';

interface Props {
  stretch: Stretch;
  wholeMs: number;
  widthPx: number;
  onStretch(stretch: Stretch): void;
}

const TICK_PX = 110;
/** Less is a click. */
const LEAST_DRAG_PX = 4;

export function Ruler({ stretch, wholeMs, widthPx, onStretch }: Props) {
  const [drag, setDrag] = useState<readonly [from: number, to: number]>();
  const axis = axisOf(lengthOf(stretch), Math.max(2, Math.floor(widthPx / TICK_PX)), stretch.fromMs);
  const shareAt = (event: PointerEvent) => {
    const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return (event.clientX - area.left) / area.width;
  };
  const isWhole = lengthOf(stretch) >= wholeMs;
  return (
    <div
      class="axis"
      aria-hidden="true"
      title="Drag over what you want to see closer; + and - do the same, 0 shows all of it again"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([shareAt(event), shareAt(event)]);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], shareAt(event)])}
      onPointerCancel={() => setDrag(undefined)}
      onPointerUp={() => {
        if (drag && Math.abs(drag[1] - drag[0]) * widthPx >= LEAST_DRAG_PX)
          onStretch(stretchOf(msAt(stretch, drag[0]), msAt(stretch, drag[1]), wholeMs));
        setDrag(undefined);
      }}
    >
      {axis.ticksMs.map((ms) => (
        <span
          key={ms}
          class={`tick ${shareOf(stretch, ms) > 0.94 ? 'is-last' : ''}`}
          style={{ left: `${shareOf(stretch, ms) * 100}%` }}
        >
          {tick(ms, axis.stepMs)}
        </span>
      ))}
      {!isWhole && <span class="where" style={between(stretch.fromMs / wholeMs, stretch.toMs / wholeMs)} />}
      {drag && <span class="dragged" style={between(Math.min(...drag), Math.max(...drag))} />}
    </div>
  );
}

const between = (from: number, to: number) => ({ left: `${from * 100}%`, width: `${(to - from) * 100}%` });
