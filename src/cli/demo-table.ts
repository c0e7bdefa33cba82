// Part of cli: what the demo shows.
import type { Status } from '../admin/status.ts';
import type { DestinationId } from '../model/signals.ts';
import { DESTINATION_IDS, DESTINATION_NAMES } from '../model/signals.ts';
import type { Counts, TrafficSummary } from '../sandbox/index.ts';
import { renderTable } from './render.ts';

const COLUMNS = ['accepted', 'delivered', 'queued', 'skipped', 'rejected', 'dropped'] as const;

export function renderDemo(status: Status): string {
  const { spans, logs } = status.receivers.otlp.accepted;
  const rows = DESTINATION_IDS.map((id) => {
    const { state, counts } = status.destinations[id];
    return [DESTINATION_NAMES[id], state, ...COLUMNS.map((column) => String(counts[column]))];
  });
  const received = `received ${spans} spans, ${logs} log records, ${status.receivers['aws-xray'].accepted.segments} segments`;
  return `${received}\n${renderTable([['destination', 'state', ...COLUMNS], ...rows])}`;
}

/** Without a terminal: a line for each destination. */
export function renderDestinationLines(status: Status): string {
  return DESTINATION_IDS.map((id) => {
    const { state, counts } = status.destinations[id];
    return `${id} ${state} ${COLUMNS.map((column) => `${column}=${counts[column]}`).join(' ')}`;
  }).join('\n');
}

export function renderSummary(
  status: Status,
  sent: TrafficSummary,
  vendors: Readonly<Record<DestinationId, Counts>>,
): string {
  const arrived = DESTINATION_IDS.map((id) => [
    DESTINATION_NAMES[id],
    String(vendors[id].requests),
    String(vendors[id].uniqueItems),
  ]);
  return [
    '',
    `The backend sent ${sent.spans} spans, ${sent.logs} log records and ${sent.segments} segments of ${sent.requests} requests (${sent.exceptions} failed).`,
    renderDemo(status),
    '',
    'What the vendors saw (one span may become several log events):',
    renderTable([['destination', 'requests', 'items'], ...arrived]),
  ].join('\n');
}
