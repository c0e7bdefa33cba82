// Part of the model: what to do about each reason code, where whoever found it has no better advice. A column of the README.
import type { ReasonCode } from './reasons.ts';

export const FIXES: Readonly<Record<ReasonCode, string>> = {
  // skipped
  not_applicable: 'Nothing: it is as meant.',
  signal_unsupported: 'Nothing: it is as meant.',
  duplicate: 'Nothing: the exception is shown once.',
  suppressed: 'Mend the error, or raise ROLLBAR_MAX_PER_MINUTE (0: all are sent).',
  replaced: 'Nothing: the finished one is delivered.',
  routing: 'Set SIDECAST_ROUTING=all if both copies are wanted.',
  no_key: 'Set HONEYCOMB_API_KEY, or x-honeycomb-team in OTEL_EXPORTER_OTLP_HEADERS of the app.',
  native_first: 'Set SIDECAST_ROUTING=all if both copies are wanted.',
  telemetry: 'Set SIDECAST_TELEMETRY_SPANS=mark if these spans are wanted.',
  // sampled
  sampled: 'Raise the ratio of the destination in SIDECAST_SAMPLE_RATIOS, or remove it.',
  // rejected
  vendor_rejected: 'Look at the dead letter: it has the words of the vendor.',
  vendor_anonymous: 'Look at the suspect dead letter; sidecast replay --suspect sends all of it again.',
  vendor_error: 'Look at the dead letter, then replay it.',
  too_large: 'Record less in one item; the dead letter holds it.',
  too_old: "Check the sender's clock, and whether the destination was down for longer than it looks back.",
  too_new: "Check the sender's clock.",
  invalid_item: 'Look at the dead letter: it says what is missing. Mend the program that sent it.',
  undecodable: 'Look at the dead letter: the client sent bytes that its protocol does not allow.',
  // dropped
  max_age: 'Mend the destination sooner, or raise SIDECAST_MAX_AGE.',
  journal_full: 'Mend the destination sooner, or raise SIDECAST_JOURNAL_MAX_BYTES.',
  journal_damaged: 'Check the disk of SIDECAST_DATA_DIR.',
  memory_lost: 'Set SIDECAST_DATA_DIR to a directory on a volume.',
  // retrying or blocked
  unreachable:
    'Check that this host may reach the vendor: DNS, certificates, HTTPS_PROXY; sidecast doctor tells which.',
  timeout: 'Nothing: it is sent again. Check the network if it stays.',
  throttled: 'Nothing: it is sent again. Raise the limit at the vendor if it stays.',
  vendor_unavailable: "Nothing: it is sent again. Look at the vendor's status page if it stays.",
  unauthorized: 'Renew the key; sidecast doctor says whose it is.',
  forbidden: 'Give the key the permission that sidecast doctor names.',
  key_unknown: 'Nothing: it is sent once the app sends something. HONEYCOMB_API_KEY has the key at hand.',
  misdirected: 'Check the endpoint of the destination, and HTTPS_PROXY.',
  no_credentials: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the container a role.',
  partial: 'Nothing: it is sent again.',
  // the journal
  disk_full: 'Free space on the disk of SIDECAST_DATA_DIR, or lower SIDECAST_JOURNAL_MAX_BYTES.',
  not_writable: 'Make SIDECAST_DATA_DIR writable for the user that runs sidecast.',
  disk_error: 'Repair the disk of SIDECAST_DATA_DIR, or name another directory and restart.',
  brokers_away: 'Start the brokers of SIDECAST_KAFKA, or correct it. They are tried again each second.',
  // off
  not_configured: 'Set the variable that turns the destination on, and start sidecast again.',
  // refused at the door
  malformed: 'Check the exporter of the app: http/protobuf or http/json, whole spans.',
  body_too_large: 'Export smaller batches, or raise SIDECAST_MAX_REQUEST_BYTES.',
  bad_encoding: 'Set OTEL_EXPORTER_OTLP_COMPRESSION=gzip or none in the app.',
  bad_content_type: 'Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf in the app.',
  overloaded:
    'Nothing: the client comes again. Raise SIDECAST_MAX_IN_FLIGHT_BYTES, or the CPU share, if it stays.',
  journal_unavailable: 'Mend the destinations that are behind, or raise SIDECAST_JOURNAL_MAX_BYTES.',
  bad_id: 'Mend the program that makes the ids: 16 bytes of a trace, 8 of a span.',
  too_many_fields: 'Record less in one item.',
  redaction_failed: 'Report it. SIDECAST_REDACT=off lets such data pass, unredacted.',
  no_header: 'Send {"format":"json","version":1}, a line feed, and then the document.',
  bad_header: 'Send {"format":"json","version":1}, a line feed, and then the document.',
  empty_document: 'Send a document after the header line.',
  internal: 'Report it, with the log.',
};
