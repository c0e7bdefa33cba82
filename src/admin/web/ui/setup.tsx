// Part of the page: before the first trace: what to set, in lines to paste. It turns into the list by itself.
import { DESTINATION_IDS, DESTINATION_NAMES } from '../../../model/signals.ts';
import type { Pipeline } from '../../api/shapes.ts';
import { count } from '../model/format.ts';
import { snippetsFor } from '../model/setup.ts';
import { pipeline } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { CopyButton } from './copy.tsx';
import { StateMark } from './state-mark.tsx';

export function Setup() {
  const now = useStore(pipeline);
  if (!now) return <p class="empty">Loading</p>;
  return (
    <section class="setup" aria-label="Set-up">
      <h2>
        <span class="waiting-dot" aria-hidden="true" /> Waiting for the first trace
      </h2>
      <p class="note" role="status">
        {arrivedText(now)}
      </p>
      {snippetsFor(now.status.listening, location.hostname).map(({ id, title, text }) => (
        <section key={id} class="snippet">
          <h3>
            {title} <CopyButton label="copy" title={`Copy: ${title}`} text={() => text} />
          </h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too */}
          <pre class="mono" tabIndex={0}>
            {text}
          </pre>
        </section>
      ))}
      <h3>Where it goes from here</h3>
      <ul class="targets">
        {DESTINATION_IDS.map((id) => {
          const { state, reason } = now.status.destinations[id];
          return (
            <li key={id}>
              <StateMark state={state} /> <strong>{DESTINATION_NAMES[id]}</strong> {state}
              {reason && <span class="note">{reason.fix}</span>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Something may arrive that is no trace, or be refused at the door. */
function arrivedText({ status }: Pipeline): string {
  const { otlp, 'aws-xray': xray } = status.receivers;
  const seen = [
    [otlp.accepted.spans, 'spans'],
    [otlp.accepted.logs, 'log records'],
    [otlp.accepted.metrics, 'metric points'],
    [xray.accepted.segments, 'segments'],
  ] as const;
  const arrived = seen.filter(([number]) => number > 0).map(([number, name]) => `${count(number)} ${name}`);
  const refused = [...Object.entries(otlp.refused), ...Object.entries(xray.refused)];
  const refusedText =
    refused.length > 0 ? ` Refused: ${refused.map(([code, number]) => `${number} ${code}`).join(', ')}.` : '';
  const arrivedSo =
    arrived.length > 0
      ? `Arrived since the start: ${arrived.join(', ')}.`
      : 'Nothing has arrived since the start.';
  return arrivedSo + refusedText;
}
