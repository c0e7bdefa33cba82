// Part of admin: what GET /status says. Fields are added, never renamed.
import type { RoutingStatus } from '../correlation/report.ts';
import type { DeadLetterStore } from '../delivery/dead-letters/store.ts';
import type { Journal, JournalMode, KafkaStatus } from '../journal/journal.ts';
import type { Counts } from '../ledger/account.ts';
import type { DestinationState, Ledger } from '../ledger/ledger.ts';
import type { Reason, ReasonCode } from '../model/reasons.ts';
import { DESTINATION_IDS, type DestinationId } from '../model/signals.ts';
import type { RedactionCounts } from '../processors/redact/counts.ts';
import type { SamplingStatus } from '../sampling/index.ts';
import type { Advice } from '../telemetry/advice.ts';
import type { Listening } from '../telemetry/events.ts';
import { heldUntilMs } from './held-until.ts';

type Tally = Partial<Record<ReasonCode, number>>;

export interface DestinationStatus {
  state: DestinationState;
  since: string;
  reason: Reason | null;
  counts: Counts;
  reasons: { skipped: Tally; rejected: Tally; dropped: Tally };
  oldestQueuedAgeMs: number | null;
  heldUntil: string | null;
}

export interface Status {
  version: string;
  startedAt: string;
  listening: Listening;
  journal: {
    /** Where new data is now. */
    mode: JournalMode;
    dir: string | null;
    bytes: number;
    maxBytes: number;
    fsync: string | null;
    /** What is wrong with the data directory; in mode memory, why. */
    reason: Reason | null;
    since: string | null;
    memoryBytes: number;
    maxMemoryBytes: number;
    damagedRecords: number;
    /** Absent where the journal is not in Kafka. */
    kafka?: KafkaStatus;
  };
  /** Why they cannot be written: what was refused is then queued until they can be. */
  deadLetters: { dir: string | null; reason: Reason | null; since: string | null };
  receivers: {
    otlp: { accepted: { spans: number; logs: number; metrics: number }; refused: Tally };
    'aws-xray': {
      accepted: { segments: number };
      refused: Tally;
      kernelDrops: number | null;
      receiveBufferBytes: number;
    };
  };
  destinations: Record<DestinationId, DestinationStatus>;
  /** The rules that X-Ray SDKs get. */
  sampling: SamplingStatus;
  /** Which copy of a request goes where, and why. */
  routing: RoutingStatus;
  advice: readonly Advice[];
  /** Values that were replaced before anything was stored, by rule. */
  redaction: { mode: 'mask' | 'hash' | 'off'; replaced: RedactionCounts };
}

export interface StatusSources {
  version: string;
  startedAtMs: number;
  maxAgeMs: number;
  listening(): Listening;
  journal: Journal;
  deadLetters: Pick<DeadLetterStore, 'dir' | 'trouble'>;
  ledger: Ledger;
  /** Why each destination that is off is off. */
  off: Readonly<Partial<Record<DestinationId, Reason>>>;
  xrayReceiver(): Promise<{ kernelDrops: number | null; receiveBufferBytes: number }>;
  sampling: { status(): SamplingStatus };
  routing(): RoutingStatus;
  advice: { list(): readonly Advice[] };
  redaction: { mode: Status['redaction']['mode']; counts(): RedactionCounts };
  now(): number;
}

export async function buildStatus(sources: StatusSources): Promise<Status> {
  const { journal, ledger } = sources;
  const otlp = ledger.receiver('otlp');
  const xray = ledger.receiver('aws-xray');
  const destinations = Object.fromEntries(DESTINATION_IDS.map((id) => [id, destinationStatus(sources, id)]));
  return {
    version: sources.version,
    startedAt: new Date(sources.startedAtMs).toISOString(),
    listening: sources.listening(),
    journal: journalStatus(journal),
    deadLetters: letterStatus(sources.deadLetters),
    receivers: {
      otlp: {
        accepted: {
          spans: otlp.accepted.traces ?? 0,
          logs: otlp.accepted.logs ?? 0,
          metrics: otlp.accepted.metrics ?? 0,
        },
        refused: { ...otlp.refused },
      },
      'aws-xray': {
        accepted: { segments: xray.accepted.segments ?? 0 },
        refused: { ...xray.refused },
        ...(await sources.xrayReceiver()),
      },
    },
    destinations: destinations as Record<DestinationId, DestinationStatus>,
    sampling: sources.sampling.status(),
    routing: sources.routing(),
    advice: sources.advice.list(),
    redaction: { mode: sources.redaction.mode, replaced: { ...sources.redaction.counts() } },
  };
}

function journalStatus(journal: Journal): Status['journal'] {
  const { mode, dir, bytes, maxBytes, fsync } = journal;
  const { reason, sinceMs, memoryBytes, maxMemoryBytes, damagedRecords } = journal.health();
  return {
    mode,
    dir,
    bytes,
    maxBytes,
    fsync,
    reason: reason ?? null,
    since: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
    memoryBytes,
    maxMemoryBytes,
    damagedRecords,
    ...(journal.kafka ? { kafka: journal.kafka() } : {}),
  };
}

function letterStatus({ dir, trouble }: StatusSources['deadLetters']): Status['deadLetters'] {
  return {
    dir,
    reason: trouble?.reason ?? null,
    since: trouble ? new Date(trouble.sinceMs).toISOString() : null,
  };
}

function destinationStatus(sources: StatusSources, id: DestinationId): DestinationStatus {
  const account = sources.ledger.account(id);
  if (!account) {
    const counts = { accepted: 0, delivered: 0, skipped: 0, sampled: 0, rejected: 0, dropped: 0, queued: 0 };
    return {
      state: 'off',
      since: new Date(sources.startedAtMs).toISOString(),
      reason: sources.off[id] ?? null,
      counts,
      reasons: { skipped: {}, rejected: {}, dropped: {} },
      oldestQueuedAgeMs: null,
      heldUntil: null,
    };
  }
  const { journal, maxAgeMs } = sources;
  const nowMs = sources.now();
  const { bytes, oldestReceivedAtMs } = journal.backlog(id);
  const isHeld = account.state === 'blocked' || account.state === 'retrying';
  return {
    state: account.state,
    since: new Date(account.sinceMs).toISOString(),
    reason: account.reason,
    // Copies: a status is a moment, the account goes on.
    counts: { ...account.counts },
    reasons: structuredClone(account.reasons),
    oldestQueuedAgeMs: oldestReceivedAtMs === undefined ? null : Math.max(0, nowMs - oldestReceivedAtMs),
    heldUntil:
      isHeld && oldestReceivedAtMs !== undefined
        ? new Date(
            heldUntilMs({ nowMs, maxAgeMs, journal, backlog: { bytes, oldestReceivedAtMs } }),
          ).toISOString()
        : null,
  };
}
