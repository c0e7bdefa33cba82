// Part of cli: `sidecast demo`: the real program, the sandbox as its vendors, traffic like a backend's, and a table that must add up.
import type { Status } from '../admin/status.ts';
import { durationMs } from '../config/option.ts';
import type { Problem } from '../config/problems.ts';
import { isConserved } from '../ledger/account.ts';
import { DESTINATION_IDS } from '../model/signals.ts';
import { readCommandLine } from './command-line.ts';
import { type Child, startChild } from './demo-child.ts';
import { renderDemo, renderDestinationLines, renderSummary } from './demo-table.ts';
import type { Edge } from './edge.ts';
import { redraw } from './render.ts';

const REQUESTS_PER_SECOND = 20;
const REDRAW_MS = 500;
const LINE_MS = 5000;
/** What is still queued when the traffic has ended gets this long: copies of a new service wait ten seconds (DESIGN section 5). */
const FLUSH_MS = 20_000;

export async function demo(edge: Edge): Promise<number> {
  const line = readCommandLine(edge, 'demo', checkTime);
  if (typeof line === 'number') return line;
  const forMs = line.values.for === undefined ? undefined : durationMs().parse(line.values.for);
  const { sandboxSettings, startSandbox, startTraffic } = await import('../sandbox/index.ts');

  const vendors = await startSandbox();
  let child: Child | undefined;
  try {
    child = await startChild(edge, sandboxSettings(vendors.url));
    for (const notice of child.notices) edge.stdout(notice);
    edge.stdout(
      `Sidecast ${edge.version} with stand-ins for all four vendors; no account, no keys of yours.`,
    );
    edge.stdout(
      `Page: ${child.adminUrl}/   OTLP: ${child.otlpUrl}   X-Ray: udp ${child.xrayHost}:${child.xrayPort}`,
    );
    const traffic = startTraffic({
      otlpUrl: child.otlpUrl,
      xrayHost: child.xrayHost,
      xrayPort: child.xrayPort,
      requestsPerSecond: REQUESTS_PER_SECOND,
    });
    const stopShowing = showLive(edge, child);
    await untilEnd(edge, child, forMs);
    const sent = await traffic.stop();
    const status = await untilFlushed(child);
    stopShowing();
    edge.stdout(renderSummary(status, sent, vendors.counts()));
    const isClean = booksClose(status) && !child.hasEnded();
    edge.stdout(
      isClean ? 'Every book closes: nothing dropped, nothing left behind.' : 'The books do not close.',
    );
    return isClean ? 0 : 1;
  } finally {
    await child?.stop();
    await vendors.close();
  }
}

function checkTime({ for: value }: { for?: string }): Problem[] {
  if (value === undefined || durationMs().safeParse(value).success) return [];
  const fix = 'Type a time with its unit, such as 20s.';
  return [{ option: '--for', source: 'flag', value, message: 'not understood', fix }];
}

function showLive(edge: Edge, child: Child): () => void {
  const isLive = edge.isTerminal;
  let drawnLines = 0;
  const show = async () => {
    const status = await child.status().catch(() => undefined);
    if (!status) return;
    if (!isLive) return edge.stdout(renderDestinationLines(status));
    const text = renderDemo(status);
    redraw(text, drawnLines);
    drawnLines = text.split('\n').length;
  };
  const timer = setInterval(() => void show(), isLive ? REDRAW_MS : LINE_MS);
  return () => clearInterval(timer);
}

/** A signal, the time given, or the end of the child. */
async function untilEnd(edge: Edge, child: Child, forMs: number | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => {
    if (forMs !== undefined) timer = setTimeout(resolve, forMs);
  });
  await Promise.race([edge.signal, time, child.ended]);
  clearTimeout(timer);
}

async function untilFlushed(child: Child): Promise<Status> {
  const deadlineMs = performance.now() + FLUSH_MS;
  for (;;) {
    const status = await child.status();
    const queued = DESTINATION_IDS.reduce((sum, id) => sum + status.destinations[id].counts.queued, 0);
    if (queued === 0 || performance.now() >= deadlineMs) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function booksClose(status: Status): boolean {
  return DESTINATION_IDS.every((id) => {
    const { counts } = status.destinations[id];
    return isConserved(counts) && counts.queued === 0 && counts.dropped === 0 && counts.accepted > 0;
  });
}
