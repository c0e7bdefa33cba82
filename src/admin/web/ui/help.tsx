// Part of the page: which keys do what, and what the signs mean.
import { useEffect, useRef } from 'preact/hooks';
import { STATE_MEANINGS, STATES } from '../model/chips.ts';
import { Sign } from './sign.tsx';

const KEYS: readonly (readonly [string, string])[] = [
  ['j  k', 'next, previous trace; when one is open, opens it'],
  ['Enter', 'open or close the trace'],
  ['↑ ↓', 'walk the spans of the open trace'],
  ['← →', 'fold, unfold a span'],
  ['← ↑ ↓ →', 'in the heatmap: move; with Shift draw a box, Enter filters by it'],
  ['+  -  0', 'zoom the open trace in, out, back to all of it; Shift and ← → move along'],
  ['/', 'filter'],
  ['Space', 'pause, resume'],
  ['Esc', 'close, one thing at a time'],
  ['?', 'this'],
];

/** What is drawn in a waterfall. */
const MARKS: readonly (readonly [string, string])[] = [
  ['bar own', 'the span’s own time; lighter where a child runs'],
  ['path', 'the critical path: what the trace waited for'],
  ['event', 'an event; red for an exception'],
  ['bar ghost', 'a parent that was not received here'],
];

export function Help({ onClose }: { onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keys and signs</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <dl>
        {STATES.map((state) => (
          <div key={state}>
            <dt class={`s-${state}`}>
              <Sign state={state} /> {state}
            </dt>
            <dd>{STATE_MEANINGS[state]}</dd>
          </div>
        ))}
      </dl>
      <dl>
        {MARKS.map(([mark, what]) => (
          <div key={mark}>
            <dt class="lane c0">
              <span class={mark} />
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        <div>
          <dt>
            <mark class="redacted">****</mark>
          </dt>
          <dd>taken out before it was kept or sent on; hover for the rule</dd>
        </div>
        <div>
          <dt>
            <span class="tag">⇄</span>
          </dt>
          <dd>both SDKs told of this request: the way to the other account</dd>
        </div>
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        close
      </button>
    </dialog>
  );
}
