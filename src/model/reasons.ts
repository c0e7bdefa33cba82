// Part of the model: the bounded set of reason codes. A code is a metric label, a key in /status and a row of the README.

export const REASONS = {
  // skipped: not for this destination
  not_applicable: 'nothing in the item is for this destination',
  signal_unsupported: 'the destination does not take this signal',
  duplicate: 'another span, log record or X-Ray document of the request told of the same exception earlier',
  suppressed:
    'the same error came more often than ROLLBAR_MAX_PER_MINUTE; a later item of it says how many there were',
  replaced: 'an X-Ray document in progress, of which the finished one came meanwhile',
  routing: 'SIDECAST_ROUTING sends the other copy',
  no_key: 'neither HONEYCOMB_API_KEY is set nor did the app send a key',
  native_first: 'the service sends the same in the protocol of the destination, and that copy is delivered',
  telemetry: "a span of the application's own telemetry (SIDECAST_TELEMETRY_SPANS=skip)",
  // sampled: left out by a ratio
  sampled: 'left out by the sampling ratio of the destination',
  // rejected: refused for good, by the vendor or by a vendor limit
  vendor_rejected: 'the vendor refused the item for good',
  vendor_anonymous: 'the vendor refused some items of a request and did not say which',
  vendor_error: 'the item failed 10 times over 15 minutes while others succeeded',
  too_large: "the item is larger than the vendor's limit and could not be cut down",
  too_old: "the item's time is older than the vendor takes",
  too_new: "the item's time is further in the future than the vendor takes",
  invalid_item: 'the item lacks what the vendor demands',
  undecodable: 'the record could not be decoded',
  // dropped: given up
  max_age: 'older than SIDECAST_MAX_AGE',
  journal_full: "oldest data made room at the journal's bound",
  journal_damaged: 'a record in the journal was damaged or is missing',
  memory_lost: 'held in memory only when the process ended',
  // retrying or blocked: why a destination does not take data now
  unreachable: 'no connection to the vendor',
  timeout: 'the vendor did not answer in time',
  throttled: 'the vendor asks to slow down',
  vendor_unavailable: 'the vendor answers with a server error',
  unauthorized: 'the vendor refuses the key',
  forbidden: 'the key lacks a permission',
  key_unknown: 'the app that sent the key has not sent it again since sidecast started',
  misdirected: "the answer is not the vendor's: the endpoint is wrong, or a proxy answers",
  no_credentials: 'no AWS credentials were found',
  partial: 'the vendor asks to send some items of a request again',
  // why the journal goes on in memory
  disk_full: 'the disk of SIDECAST_DATA_DIR is full',
  not_writable: 'SIDECAST_DATA_DIR cannot be written by the user that runs sidecast',
  disk_error: 'the disk of SIDECAST_DATA_DIR fails, or the directory cannot be used',
  // why the journal goes on in its outbox
  brokers_away: 'the Kafka brokers do not take data',
  // off
  not_configured: 'the variable that turns the destination on is not set',
  // refused at the door, by a receiver
  malformed: 'the body cannot be parsed',
  body_too_large: 'the body is larger than SIDECAST_MAX_REQUEST_BYTES',
  bad_encoding: 'the content encoding is unknown or broken',
  bad_content_type: 'the content type is neither protobuf nor JSON',
  overloaded: 'too many bytes in flight (SIDECAST_MAX_IN_FLIGHT_BYTES)',
  journal_unavailable: 'the journal can take no more',
  bad_id: 'an id has the wrong length',
  too_many_fields: 'an item has more than 20,000 attributes, events and values in it',
  redaction_failed: 'a bug in the redactor; nothing of the item was kept',
  no_header: 'the datagram has no header line',
  bad_header: 'the header line is not format json, version 1',
  empty_document: 'the datagram has no document',
  internal: 'a bug in sidecast',
} as const;

export type ReasonCode = keyof typeof REASONS;

/** Why something was not delivered. `message` says what happened, `fix` the one thing to do. Neither holds a secret. */
export interface Reason {
  code: ReasonCode;
  message: string;
  fix: string;
}
