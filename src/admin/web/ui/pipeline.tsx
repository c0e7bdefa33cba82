// Part of the page: the pipeline: what comes in, what waits, what goes where, and what is to be done about it.
import { useEffect } from 'preact/hooks';
import { DESTINATION_IDS } from '../../../model/signals.ts';
import type { Pipeline } from '../../api/shapes.ts';
import { bytes, count, percent, rate } from '../model/format.ts';
import { fetchPipeline } from '../state/api.ts';
import { pipeline } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { DeadLetters } from './dead-letters.tsx';
import { DestinationBox } from './destination.tsx';
import { Redaction } from './redacted.tsx';
import { Throughput } from './throughput.tsx';

export function PipelineView() {
  const now = useStore(pipeline);
  useEffect(() => {
    if (!pipeline.get()) fetchPipeline().then(pipeline.set, () => undefined);
  }, []);
  if (!now) return <p class="empty">Loading</p>;
  return (
    <div class="pipeline-scroll">
      <section class="flow" aria-label="Pipeline">
        <div class="receivers">
          <h2>Received</h2>
          <Receiver id="otlp" name="OTLP" now={now} />
          <Receiver id="aws-xray" name="X-Ray" now={now} />
        </div>
        <div class="journal-column">
          <h2>Journal</h2>
          <Journal now={now} />
          <Redaction now={now} />
        </div>
        <div class="sinks">
          <h2>Destinations</h2>
          {DESTINATION_IDS.map((id) => (
            <DestinationBox key={id} id={id} now={now} />
          ))}
        </div>
      </section>
      <Throughput now={now} />
      <Advice now={now} />
      <DeadLetters now={now} />
    </div>
  );
}

function Receiver({ id, name, now }: { id: 'otlp' | 'aws-xray'; name: string; now: Pipeline }) {
  const { acceptedPerSecond, refusedPerSecond } = now.receivers[id];
  const { accepted, refused } = now.status.receivers[id];
  const { listening } = now.status;
  const addresses = id === 'otlp' ? listening.otlp : listening.xrayUdp;
  return (
    <article class="box" aria-label={`${name} receiver`}>
      <h3>
        {name} <span class="rate">{rate(acceptedPerSecond)}</span>
      </h3>
      <p class="note mono">{addresses.join(', ') || 'not listening'}</p>
      <p class="numbers">
        {Object.entries(accepted).map(([what, number]) => (
          <span key={what}>
            {count(number)} {what}
          </span>
        ))}
      </p>
      {Object.entries(refused).map(([code, number]) => (
        <p key={code} class="is-bad">
          {count(number)} refused: {code}
        </p>
      ))}
      {refusedPerSecond > 0 && <p class="is-bad">refusing {rate(refusedPerSecond)}</p>}
    </article>
  );
}

function Journal({ now }: { now: Pipeline }) {
  const { mode, dir, bytes: used, maxBytes, fsync, reason, kafka } = now.status.journal;
  const { recent } = now;
  return (
    <>
      <article class="box" aria-label="Journal">
        <h3>
          {mode} <span class="rate">{bytes(used)}</span>
        </h3>
        <meter min={0} max={maxBytes} value={used} aria-label="Journal used">
          {percent((used / maxBytes) * 100)}
        </meter>
        <p class="note">
          {percent((used / maxBytes) * 100)} of {bytes(maxBytes)}
          {fsync && `, fsync ${fsync}`}
        </p>
        {kafka && (
          <p class={kafka.outboxBytes > 0 ? '' : 'note'}>
            {bytes(kafka.outboxBytes)} on this host wait for {kafka.brokers.join(', ')}
          </p>
        )}
        {dir && <p class="note mono">{dir}</p>}
        {reason && (
          <p class="is-odd">
            {reason.message}. {reason.fix}
          </p>
        )}
      </article>
      <article class="box" aria-label="This page">
        <h3>this page</h3>
        <p class="note">
          {count(recent.traces)} traces and {count(recent.logs)} logs in {bytes(recent.bytes)} of{' '}
          {bytes(recent.maxBytes)}
          {recent.keepsOneIn > 1 && `; one trace in ${recent.keepsOneIn} is kept, errors and slow ones first`}
        </p>
      </article>
    </>
  );
}

function Advice({ now }: { now: Pipeline }) {
  const { advice } = now.status;
  if (advice.length === 0) return null;
  return (
    <section class="advice" aria-label="Advice">
      <h2>What your app sends</h2>
      <ul>
        {advice.map(({ code, message, fix, count: times }) => (
          <li key={code + message}>
            {message}. {fix} <span class="note">{times > 1 && `${count(times)} times`}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
