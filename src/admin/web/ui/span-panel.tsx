// Part of the page: what is known of one span, the important first.
import { useState } from 'preact/hooks';
import type { SpanRow, Trace } from '../../api/shapes.ts';
import { duration, exactDuration, exactTime, msBetween } from '../model/format.ts';
import { asText, exceptionsOf, importantFacts } from '../model/important.ts';
import type { Node } from '../model/tree.ts';
import { filterByAttribute } from '../state/address.ts';
import { AttributeTable } from './attributes.tsx';
import { CopyButton } from './copy.tsx';
import { ExceptionView } from './exception.tsx';
import { MarkedText } from './redacted.tsx';
import { severityTone } from './waterfall-row.tsx';

export function SpanPanel({ trace, node }: { trace: Trace; node: Node | undefined }) {
  const [find, setFind] = useState('');
  if (!node) return <p class="empty">This trace has no spans here, only logs.</p>;
  const { span } = node;
  if (!span) return <Ghost node={node} />;
  const others = span.events.filter((event) => event.attributes['exception.type'] === undefined);
  const isShared = trace.spans.every(
    (other) => JSON.stringify(other.resource) === JSON.stringify(span.resource),
  );
  return (
    <>
      <h2>
        {span.error && <span class="error-mark">!</span>} {span.name}
      </h2>
      <p class="sub">
        {span.service} · {span.kind} ·{' '}
        <span title={exactDuration(span.durationMs)}>{duration(span.durationMs)}</span> ·{' '}
        <span title={exactTime(span.startUnixNano)}>{exactTime(span.startUnixNano).slice(11, 23)}</span> ·{' '}
        {span.came === 'xray' ? 'X-Ray segment' : 'OTLP span'}
      </p>
      <Facts span={span} />
      {exceptionsOf(span).map((exception) => (
        <ExceptionView key={`${exception.type} ${exception.message}`} exception={exception} />
      ))}
      <input
        type="search"
        class="find"
        aria-label="Find an attribute"
        placeholder="find an attribute"
        value={find}
        onInput={(event) => setFind(event.currentTarget.value)}
      />
      <AttributeTable title="Attributes" attributes={span.attributes} find={find} canFilter />
      {others.length > 0 && <h3>Events</h3>}
      {others.map((event) => (
        <AttributeTable
          key={event.timeUnixNano + event.name}
          title={`${event.name} +${duration(msBetween(span.startUnixNano, event.timeUnixNano))}`}
          attributes={event.attributes}
          find={find}
        />
      ))}
      <SpanLogs node={node} />
      {span.links.length > 0 && <h3>Links</h3>}
      {span.links.map((link) => (
        <p key={link.spanId} class="mono">
          <a href={`/traces/${link.traceId}?span=${link.spanId}`}>{link.traceId}</a>
        </p>
      ))}
      <details class="resource" open={!isShared || find !== ''}>
        <summary>
          Resource{' '}
          <span class="note">
            {isShared ? 'the same for all spans' : asText(span.resource['service.name'] ?? '')}
          </span>
        </summary>
        <AttributeTable attributes={span.resource} find={find} canFilter />
      </details>
      <p class="ids mono">
        <span>span {span.id}</span> <CopyButton small label="the span id" text={() => span.id} />
        {span.parentId && <span>parent {span.parentId}</span>}
        {span.scope && (
          <span>
            scope {span.scope.name} {span.scope.version}
          </span>
        )}
      </p>
    </>
  );
}

function Facts({ span }: { span: SpanRow }) {
  const facts = importantFacts(span);
  if (facts.length === 0) return null;
  return (
    <dl class="important">
      {facts.map(({ label, value, key, tone }) => (
        <div key={label} class={tone === 'error' ? 'is-bad' : ''}>
          <dt>{label}</dt>
          <dd title={key}>
            <MarkedText text={value} {...(key !== undefined && { name: key })} />
            <span class="row-actions">
              {key !== undefined && (
                <button
                  type="button"
                  class="plain"
                  title={`Only traces with ${key} = ${value}`}
                  onClick={() => filterByAttribute(key, value)}
                >
                  filter
                </button>
              )}
              <CopyButton small label={label} text={() => value} />
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function SpanLogs({ node }: { node: Node }) {
  if (node.logs.length === 0) return null;
  return (
    <>
      <h3>Logs</h3>
      <ul class="span-logs">
        {node.logs.map(({ log }) => (
          <li key={log.id} class={severityTone(log.severityNumber)}>
            <span class="severity">{log.severity}</span>{' '}
            <span title={exactTime(log.timeUnixNano)}>{exactTime(log.timeUnixNano).slice(11, 23)}</span>{' '}
            <MarkedText text={asText(log.body)} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Ghost({ node }: { node: Node }) {
  return (
    <>
      <h2>A parent that was not received here</h2>
      <p class="note">
        {node.children.length === 1 ? 'A span names' : `${node.children.length} spans name`} it as parent. It
        may live in a process that does not send to this sidecar, may not have ended yet, or was not sampled.
      </p>
      <p class="ids mono">
        <span>span {node.id}</span> <CopyButton small label="the span id" text={() => node.id} />
      </p>
    </>
  );
}
