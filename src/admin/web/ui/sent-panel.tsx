// Part of the page: one destination's side of a span: what became of it, what the vendor said, and what exactly was sent.
import { useEffect, useState } from 'preact/hooks';
import { DESTINATION_NAMES, type DestinationId } from '../../../model/signals.ts';
import type { Delivery, Sent, Trace } from '../../api/shapes.ts';
import { isSettled, STATE_MEANINGS, viewChip } from '../model/chips.ts';
import { bytes, clockOfMs, count, duration } from '../model/format.ts';
import type { Node } from '../model/tree.ts';
import { openTrace } from '../state/address.ts';
import { fetchSent } from '../state/api.ts';
import { CopyButton } from './copy.tsx';
import { MarkedText, RedactedCount } from './redacted.tsx';
import { Sign } from './sign.tsx';

interface Props {
  trace: Trace;
  node: Node | undefined;
  destination: DestinationId;
}

export function SentPanel({ trace, node, destination }: Props) {
  const { row, spans } = trace;
  const chip = viewChip(row.chips[destination] ?? {});
  const deliveries = node?.span?.deliveries.filter((delivery) => delivery.destination === destination) ?? [];
  const elsewhere = spans.filter(
    (span) =>
      span.id !== node?.id && span.deliveries.some((it) => it.destination === destination && isTrouble(it)),
  );
  return (
    <>
      <p class="sub">
        {DESTINATION_NAMES[destination]}:{' '}
        {chip ? `${chip.text} of this trace` : 'nothing of this trace is for it'}
      </p>
      {elsewhere.length > 0 && (
        <p class="note">
          Not delivered:{' '}
          {elsewhere.slice(0, 5).map((span) => (
            <button
              key={span.id}
              type="button"
              class="plain"
              onClick={() => openTrace(row.id, { spanId: span.id, tab: destination })}
            >
              {span.name}
            </button>
          ))}
          {elsewhere.length > 5 && `and ${elsewhere.length - 5} more`}
        </p>
      )}
      <h2>{node?.span?.name ?? 'No span'}</h2>
      {deliveries.map((delivery) => (
        <DeliveryView key={delivery.state + delivery.receivedAtMs} delivery={delivery} />
      ))}
      {deliveries.length === 0 && (
        <p class="note">Nothing of this span is for {DESTINATION_NAMES[destination]}.</p>
      )}
      {node?.span && (
        <AsSent
          key={`${row.id} ${node.id} ${destination}`}
          traceId={row.id}
          spanId={node.id}
          destination={destination}
        />
      )}
    </>
  );
}

const isTrouble = ({ state }: Delivery) => !['delivered', 'skipped', 'sampled'].includes(state);

function DeliveryView({ delivery }: { delivery: Delivery }) {
  const { state, code, message, fix, receivedAtMs, settledAtMs, attempts, answer, batch, url } = delivery;
  return (
    <section class={`delivery s-${state}`}>
      <p class="state">
        <Sign state={state} /> <strong>{state}</strong> <span class="note">{STATE_MEANINGS[state]}</span>
      </p>
      {message && (
        <p>
          {message}
          {fix && <>. {fix}</>}
        </p>
      )}
      <dl>
        {code && <Row name="reason">{code}</Row>}
        <Row name="received">{clockOfMs(receivedAtMs)}</Row>
        {settledAtMs !== undefined && (
          <Row name={state === 'delivered' ? 'acknowledged' : 'settled'}>
            {clockOfMs(settledAtMs)} <span class="note">after {duration(settledAtMs - receivedAtMs)}</span>
          </Row>
        )}
        {!isSettled(state) && <Row name="settled">not yet</Row>}
        {attempts !== undefined && <Row name="attempts">{attempts}</Row>}
        {batch && (
          <Row name="batch">
            {count(batch.items)} items, {bytes(batch.bytes)}
          </Row>
        )}
      </dl>
      {answer && (
        <>
          <h3>
            The vendor’s answer <CopyButton small label="the answer" text={() => answer} />
          </h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too */}
          <pre class="answer mono" tabIndex={0}>
            {answer}
          </pre>
        </>
      )}
      {url && (
        <a class="away" href={url} target="_blank" rel="noreferrer">
          {DESTINATION_NAMES[delivery.destination]} ↗
        </a>
      )}
    </section>
  );
}

function Row({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface AsSentProps {
  traceId: string;
  spanId: string;
  destination: DestinationId;
}

function AsSent({ traceId, spanId, destination }: AsSentProps) {
  const [sent, setSent] = useState<Sent | string>();
  useEffect(() => {
    fetchSent(traceId, spanId, destination).then(setSent, (error: Error) => setSent(error.message));
  }, [traceId, spanId, destination]);
  if (sent === undefined) return <p class="note">Encoding it as it is sent</p>;
  if (typeof sent === 'string') return <p class="note">What was sent cannot be shown: {sent}.</p>;
  return (
    <section>
      {sent.notes.map(({ code, message }) => (
        <p key={code + message} class="note">
          {message} ({code})
        </p>
      ))}
      {sent.items.map((item, index) => {
        const text = typeof item.body === 'string' ? item.body : JSON.stringify(item.body, null, 2);
        return (
          <div key={index}>
            <h3>
              As sent{' '}
              <span class="note">{[item.partition, bytes(item.bytes)].filter(Boolean).join(', ')}</span>{' '}
              <RedactedCount text={text} /> <CopyButton small label="what is sent" text={() => text} />
            </h3>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too */}
            <pre class="as-sent mono" tabIndex={0}>
              <MarkedText text={text} short />
            </pre>
          </div>
        );
      })}
    </section>
  );
}
