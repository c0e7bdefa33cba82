// Part of telemetry: one function for each thing that happens. The names are a bounded set that people may grep for.
import type { Reason } from '../model/reasons.ts';
import { DESTINATION_NAMES, type DestinationId } from '../model/signals.ts';
import type { LogLine } from './logger.ts';

export interface Listening {
  otlp: readonly string[];
  xrayUdp: readonly string[];
  xrayTcp: readonly string[];
  admin: readonly string[];
}

/** Every event name that this process writes; docs.test.ts compares the README with it. */
export const EVENTS = {
  listening: 'the last port is bound; written whatever the level',
  started: 'which destinations are on, and because of which variable; which are off, and how to turn them on',
  journal_in_memory: 'the data directory cannot be used: a restart loses what is not delivered',
  journal_unwritable: 'writing failed; new data is refused until it works again',
  journal_writable: 'writing works again',
  journal_evicted: 'the journal gave records up before a destination had them',
  destination_retrying: 'a destination does not take data; it is kept and sent again',
  destination_blocked: 'a destination refuses the key or a permission; data is held',
  destination_recovered: 'a destination takes data again',
  items_rejected: 'a destination refused items for good; they are in the dead letters',
  address_skipped: 'an address family that the machine lacks',
  otlp_refused: 'OTLP requests or items that were turned away; once a minute and reason',
  datagram_malformed: 'UDP datagrams that are not X-Ray documents; once in 10 s and reason',
  udp_error: 'the UDP socket reported an error; receiving goes on',
  grpc_on_http_port: 'a gRPC exporter talks to the HTTP port',
  shutdown: 'a signal came; receiving goes on while delivery flushes',
  stopped: 'the end, with what is left',
  internal_error: 'a bug in sidecast; the data concerned is kept',
} as const;

export interface Events {
  listening(where: Listening): void;
  started(fields: Readonly<Record<string, unknown>>): void;
  journalInMemory(dir: string, error: Error): void;
  journalWritable(ok: boolean, error: Error | undefined): void;
  journalEvicted(destination: DestinationId, items: number, code: string): void;
  destinationState(
    destination: DestinationId,
    to: 'on' | 'retrying' | 'blocked' | 'off',
    reason: Reason | null,
    queued: number,
  ): void;
  itemsRejected(destination: DestinationId, items: number, code: string): void;
  shutdown(signal: string): void;
  stopped(left: Readonly<Partial<Record<DestinationId, number>>>, inMemory: boolean): void;
  internalError(where: string, error: Error): void;
}

/** Lines that may come in floods are written once in this time, with a sum. */
const COLLAPSE_MS = 10_000;

export function createEvents(log: LogLine, now: () => number): Events {
  const collapse = createCollapse(now);
  return {
    listening: (where) => log('info', 'listening', 'listening', { ...where }),
    started: (fields) => log('info', 'started', 'sidecast started', fields),
    journalInMemory: (dir, error) =>
      log('warn', 'journal_in_memory', 'undelivered data is kept in memory only and ends with the process', {
        dir,
        err: error.message,
        fix: 'Make the directory writable for this user, or set SIDECAST_DATA_DIR=memory to say that this is meant.',
      }),
    journalWritable: (ok, error) =>
      ok
        ? log('info', 'journal_writable', 'the journal can be written again')
        : log(
            'error',
            'journal_unwritable',
            'new data is refused (503), nothing accepted is lost: the journal cannot be written',
            {
              err: error?.message,
              fix: 'Free space or repair the disk of SIDECAST_DATA_DIR.',
            },
          ),
    journalEvicted: (destination, items, code) =>
      collapse(`evicted ${destination} ${code}`, items, (total) =>
        log('error', 'journal_evicted', 'items were dropped undelivered', {
          destination,
          items: total,
          code,
        }),
      ),
    destinationState(destination, to, reason, queued) {
      const fields = {
        destination,
        queued,
        ...(reason ? { code: reason.code, reason: reason.message, fix: reason.fix } : {}),
      };
      const name = DESTINATION_NAMES[destination];
      if (to === 'blocked')
        log('error', 'destination_blocked', `${name} is blocked: its data is held, nothing is lost`, fields);
      else if (to === 'retrying')
        log('warn', 'destination_retrying', `${name} does not take data: it is kept and sent again`, fields);
      else log('info', 'destination_recovered', `${name} takes data`, fields);
    },
    itemsRejected: (destination, items, code) =>
      collapse(`rejected ${destination} ${code}`, items, (total) =>
        log('error', 'items_rejected', 'refused for good: kept in the dead letters', {
          destination,
          items: total,
          code,
        }),
      ),
    shutdown: (signal) =>
      log('info', 'shutdown', 'stopping: receiving goes on while delivery flushes', { signal }),
    stopped(left, inMemory) {
      const isEmpty = Object.keys(left).length === 0;
      if (isEmpty) log('info', 'stopped', 'stopped; nothing was left to deliver', { left });
      else if (inMemory) log('error', 'stopped', 'stopped; what was left in memory is lost', { left });
      else log('info', 'stopped', 'stopped; what is left waits in the journal', { left });
    },
    internalError: (where, error) =>
      collapse(`internal ${where} ${error.message}`, 1, (total) =>
        log('error', 'internal_error', 'a bug in sidecast: the data concerned is kept', {
          where,
          err: error.stack ?? error.message,
          count: total,
        }),
      ),
  };
}

/** The first of a kind is written at once, the others at most every ten seconds with their sum. */
function createCollapse(
  now: () => number,
): (key: string, items: number, write: (total: number) => void) => void {
  const kinds = new Map<string, { lastMs: number; waiting: number }>();
  return (key, items, write) => {
    const kind = kinds.get(key) ?? { lastMs: Number.NEGATIVE_INFINITY, waiting: 0 };
    kind.waiting += items;
    if (now() - kind.lastMs >= COLLAPSE_MS) {
      write(kind.waiting);
      kind.waiting = 0;
      kind.lastMs = now();
    }
    kinds.set(key, kind);
  };
}
