// Part of telemetry: one function for each thing that happens. The names are a bounded set that people may grep for.
import type { TlsListener } from '../model/listener-tls.ts';
import type { Reason } from '../model/reasons.ts';
import { DESTINATION_NAMES, type DestinationId } from '../model/signals.ts';
import type { LogLine } from './logger.ts';

export interface Listening {
  otlp: readonly string[];
  xrayUdp: readonly string[];
  xrayTcp: readonly string[];
  admin: readonly string[];
  tls?: readonly TlsListener[];
}

/** What the command xray can do without: segments come by UDP. */
export type DispensableListener = Exclude<keyof Listening, 'xrayUdp' | 'tls'>;

/** How one request to a destination went. */
export interface BatchReport {
  documents: number;
  unprocessed: number;
  elapsedMs: number;
  /** The vendor's words about the first few. */
  reasons: readonly string[];
}

export interface Events {
  listening(where: Listening): void;
  started(fields: Readonly<Record<string, unknown>>): void;
  portUnavailable(listener: DispensableListener, error: Error): void;
  awsConnected(connected: { service: string; region: string; from: string; endpoint: URL }): void;
  awsFilesUnreadable(paths: readonly string[]): void;
  awsEndpointIgnored(url: string): void;
  batchSent(destination: DestinationId, report: BatchReport): void;
  journalInMemory(dir: string, error: Error): void;
  /** Records that cannot be written are in memory; settlements that cannot be are repeated after a kill. */
  journalWritable(ok: boolean, error: Error | undefined, what: 'records' | 'settlements'): void;
  journalEvicted(destination: DestinationId, items: number, code: string): void;
  memoryLost(destination: DestinationId, items: number): void;
  destinationState(
    destination: DestinationId,
    to: 'on' | 'retrying' | 'blocked' | 'off',
    reason: Reason | null,
    queued: number,
  ): void;
  itemsRejected(destination: DestinationId, items: number, code: string): void;
  deadLettersRemoved(destination: DestinationId, letters: number, why: string): void;
  deadLettersWritable(ok: boolean, error: Error | undefined, inMemory: boolean): void;
  replayUnmarked(error: Error): void;
  deadLettersReplayed(tallies: Readonly<Record<string, unknown>>): void;
  speaker(
    what: 'learnt' | 'forgotten' | 'joined',
    names: readonly string[],
    protocol?: 'otlp' | 'xray',
  ): void;
  shutdown(signal: string): void;
  /** `lost` was in memory only. */
  stopped(
    left: Readonly<Partial<Record<DestinationId, number>>>,
    lost: Readonly<Partial<Record<DestinationId, number>>>,
  ): void;
  internalError(where: string, error: Error): void;
}

const PORT_VARIABLES: Readonly<Record<DispensableListener, string>> = {
  otlp: 'SIDECAST_OTLP_PORT',
  xrayTcp: 'SIDECAST_XRAY_TCP_ADDRESS',
  admin: 'SIDECAST_ADMIN_PORT',
};

/** Lines that may come in floods are written once in this time, with a sum. */
const COLLAPSE_MS = 10_000;

export function createEvents(log: LogLine, now: () => number): Events {
  const collapse = createCollapse(now);
  return {
    listening: (where) => log('info', 'listening', 'listening', { ...where }),
    started: (fields) => log('info', 'started', 'sidecast started', fields),
    portUnavailable: (listener, error) =>
      log('warn', 'port_unavailable', 'X-Ray segments are received; a port beside theirs is not available', {
        listener,
        err: error.message,
        fix: `Free the port, or set ${PORT_VARIABLES[listener]}.`,
      }),
    awsConnected: ({ endpoint, ...connected }) =>
      log('info', 'aws_connected', 'an AWS service is known', { ...connected, endpoint: endpoint.origin }),
    awsFilesUnreadable: (paths) =>
      log('warn', 'aws_files_unreadable', 'AWS credentials are there and cannot be read by this user', {
        paths,
        fix: 'Make them readable for the user of the container, or run it as their owner (user: in compose).',
      }),
    awsEndpointIgnored: (url) =>
      log('warn', 'aws_endpoint_ignored', 'AWS is called where it is: AWS_ENDPOINT_URL is not followed', {
        url,
        fix: 'If it is meant for X-Ray or CloudWatch Logs, set AWS_ENDPOINT_URL_XRAY or AWS_ENDPOINT_URL_CLOUDWATCH_LOGS.',
      }),
    batchSent: (destination, report) =>
      log('debug', 'batch_sent', 'a batch was taken', { destination, ...report }),
    journalInMemory: (dir, error) =>
      log(
        'warn',
        'journal_in_memory',
        'what is received is kept in memory only: the data directory cannot be used',
        {
          dir,
          err: error.message,
          fix: 'Make the directory writable for this user (it is tried again every 10 s), or set SIDECAST_DATA_DIR=memory to say that this is meant.',
        },
      ),
    journalWritable(ok, error, what) {
      const fields = { err: error?.message, fix: 'Free space or repair the disk of SIDECAST_DATA_DIR.' };
      const fates = {
        records: 'new data is kept in memory only: the journal cannot be written',
        settlements:
          'nothing is lost, but a kill now would deliver some items again: what is settled cannot be written',
      };
      if (ok)
        log('info', 'journal_writable', 'everything is on disk again: the data directory can be written', {
          what,
        });
      else log('error', 'journal_unwritable', fates[what], { what, ...fields });
    },
    memoryLost: (destination, items) =>
      log('error', 'memory_lost', 'items are lost: they were in memory only when sidecast ended', {
        destination,
        items,
      }),
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
    deadLettersRemoved: (destination, letters, why) =>
      collapse(`dead letters ${destination} ${why}`, letters, (total) =>
        log(
          'warn',
          'dead_letters_removed',
          'dead letters are gone for good; their items stay counted as rejected',
          {
            destination,
            letters: total,
            why,
          },
        ),
      ),
    deadLettersWritable(ok, error, inMemory) {
      if (ok) return log('info', 'dead_letters_writable', 'dead letters can be written again');
      const fate = inMemory
        ? 'the newest dead letters are kept in memory: they cannot be written'
        : 'what is to become a dead letter stays queued: it cannot be written';
      const fix = 'Free space or repair the disk of SIDECAST_DATA_DIR.';
      log('error', 'dead_letters_unwritable', fate, { err: error?.message, fix });
    },
    replayUnmarked: (error) =>
      collapse('replay unmarked', 1, () =>
        log(
          'error',
          'replay_unmarked',
          'a replayed dead letter counts as unknown: replayed.log cannot be written',
          {
            err: error.message,
            fix: 'Free space or repair the disk of SIDECAST_DATA_DIR.',
          },
        ),
      ),
    deadLettersReplayed(tallies) {
      if (Object.keys(tallies).length > 0)
        log('info', 'dead_letters_replayed', 'a replay of dead letters ended', { destinations: tallies });
    },
    speaker(what, names, protocol) {
      const sends = protocol === 'xray' ? 'X-Ray segments' : 'OTLP spans';
      const texts = {
        learnt: `a service sends ${sends}`,
        forgotten: `a service sends no ${sends} any more`,
        joined: 'these names are one service',
      };
      log('info', 'speaker', texts[what], { what, names, ...(protocol && { protocol }) });
    },
    shutdown: (signal) =>
      log('info', 'shutdown', 'stopping: receiving goes on while delivery flushes', { signal }),
    stopped(left, lost) {
      const fields = { left, ...(Object.keys(lost).length > 0 ? { lost } : {}) };
      if (Object.keys(lost).length > 0)
        log('error', 'stopped', 'stopped; what was in memory only is lost', fields);
      else if (Object.keys(left).length > 0)
        log('info', 'stopped', 'stopped; what is left waits in the journal', fields);
      else log('info', 'stopped', 'stopped; nothing was left to deliver', fields);
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
