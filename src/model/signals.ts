// Part of the model: what is received, and where it goes.

/** What a record holds: one OTLP export request, or a run of X-Ray documents. */
export type Signal = 'traces' | 'logs' | 'metrics' | 'segments';
export type OtlpSignal = Exclude<Signal, 'segments'>;

export const DESTINATION_IDS = ['honeycomb', 'aws-xray', 'aws-cloudwatch-logs', 'rollbar'] as const;
export type DestinationId = (typeof DESTINATION_IDS)[number];

/** Names in what users read; ids everywhere else. */
export const DESTINATION_NAMES: Readonly<Record<DestinationId, string>> = {
  honeycomb: 'Honeycomb',
  'aws-xray': 'AWS X-Ray',
  'aws-cloudwatch-logs': 'CloudWatch Logs',
  rollbar: 'Rollbar',
};

export type ReceiverId = 'otlp' | 'aws-xray';

/** Counts of one record, from the scan; stored in the record's header and read by routing. */
export interface Summary {
  /** Source items: spans, log records, metric points or X-Ray documents. */
  items: number;
  /** Spans of kind SERVER; for X-Ray documents, an upper bound of those that describe a request. */
  serverSpans: number;
  /** Items with an error status (span status ERROR, log severity >= ERROR, documents with fault or error). */
  errors: number;
  /** Items that carry an exception; for X-Ray documents an upper bound. */
  exceptions: number;
  /** Log records without timeUnixNano, which Honeycomb would put into 1970. */
  untimed: number;
  services: readonly string[];
}

export interface Origin {
  peer: string;
  /** Names an app's own Honeycomb key, which is kept in memory only. */
  keyRef?: string;
  dataset?: string;
  /** The record is for this destination alone: a dead letter that is sent again to where it died. */
  only?: DestinationId;
  /** Which dead letter: `<id>@<receivedAt>`. */
  replayOf?: string;
  /** Where the first of its items lay when it arrived, before any replay: `<position>:<item>@<receivedAt>`. */
  first?: string;
}

/** What a receiver hands to intake. Never mutated once intake has appended it. */
export interface Accepted {
  signal: Signal;
  receivedAtMs: number;
  payload: Uint8Array;
  summary: Summary;
  origin: Origin;
}

/** Number of a record in the journal: 0, 1, 2, ... Never used twice, also not after a loss. */
export type Position = number;

export interface JournalRecord extends Accepted {
  position: Position;
}
