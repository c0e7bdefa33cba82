// Part of telemetry: the events that are logged, a bounded set that people may grep for. A table of the README.

/** Every event name that this process writes; docs.test.ts compares the README with it. */
export const EVENTS = {
  listening: 'the last port is bound; written whatever the level',
  starting: 'the command xray begins; its version',
  command_line: 'something that the command xray was told and does not follow',
  receive_buffer: 'of the command xray: the receive buffer asked for, and what the kernel gives',
  config_doubtful: 'a variable that nobody reads and that looks like one of ours: it may be misspelt',
  config_reloaded:
    'SIGHUP: the configuration was read again; which rules are in force now, and which changes wait for a restart',
  config_invalid: 'SIGHUP: the configuration has problems; what was in force stays in force',
  not_started: 'why the command xray could not start',
  port_unavailable:
    'a port that the command xray can do without is taken; X-Ray segments are received all the same',
  aws_connected: 'the region and endpoint of an AWS service, and where the region comes from',
  aws_files_unreadable: 'files with AWS credentials are there, and this user may not read them',
  aws_endpoint_ignored: 'AWS_ENDPOINT_URL is set, which is not followed: backends set it for something else',
  log_file_unusable: 'SIDECAST_LOG_FILE cannot be opened; the log goes where it goes without one',
  batch_sent: 'X-Ray took a batch; at level debug, but for the command xray',
  started: 'which destinations are on, and because of which variable; which are off, and how to turn them on',
  journal_in_memory: 'the data directory cannot be used: what is received is in memory until it can be',
  journal_unwritable:
    'the data directory cannot be written any more: new data is in memory, or settlements are not on disk',
  journal_writable: 'the data directory can be written, and what was in memory is there',
  journal_evicted:
    'the journal gave records up before a destination had them, or found them damaged or missing',
  kafka_away: 'the Kafka brokers do not take data: what comes is kept on this host until they do',
  kafka_back: 'the Kafka brokers take data again',
  outbox_lost: 'items that waited on this host for Kafka and were given up',
  memory_lost: 'items that were in memory only when the process ended',
  destination_retrying: 'a destination does not take data; it is kept and sent again',
  destination_blocked: 'a destination refuses the key or a permission; data is held',
  destination_recovered: 'a destination takes data again',
  items_rejected: 'a destination refused items for good; they are in the dead letters',
  dead_letters_removed:
    'dead letters made room or became too old; their items stay counted as rejected and cannot be replayed any more',
  dead_letters_unwritable: 'dead letters cannot be written; what is to become one stays queued',
  dead_letters_writable: 'dead letters can be written again',
  replay_unmarked: 'what became of a replayed dead letter cannot be written down; it counts as unknown',
  dead_letters_replayed: 'a replay of dead letters, with what became of them',
  address_skipped: 'an address family that the machine lacks',
  redaction_failed: 'what was received is refused because of a bug in the redactor',
  otlp_refused: 'OTLP requests or items that were turned away; once a minute and reason',
  datagram_malformed: 'UDP datagrams that are not X-Ray documents; once in 10 s and reason',
  datagram_lost: 'X-Ray segments that there was no room for; once in 10 s and reason',
  udp_error: 'the UDP socket reported an error; receiving goes on',
  sampling_rules: 'the sampling rules that X-Ray SDKs get, at each change',
  sampling_rules_invalid: 'a file of SIDECAST_SAMPLING_RULES is wrong; the last good rules stay in force',
  sampling_rules_unavailable: 'AWS gives no sampling rules; the last known ones stay in force',
  sampling_held: 'AWS does not take what X-Ray SDKs counted; it is kept and reported later',
  sampling_uncounted:
    "requests that X-Ray's sampling statistics may lack: a report was not answered, or refused",
  speaker:
    'a service was first heard to send OTLP spans or X-Ray segments, was forgotten to, or has another name',
  advice: 'something about what the application sends that its owner would want to know; once per cause',
  tls_certificate: 'the certificate of the ports with TLS, at the start and after SIGHUP',
  tls_refused: 'no TLS connection came about with a client; once per cause',
  grpc_on_http_port: 'a gRPC exporter talks to the HTTP port',
  shutdown: 'a signal came; receiving goes on while delivery flushes',
  stopped: 'the end, with what is left',
  internal_error: 'a bug in sidecast; the data concerned is kept',
} as const;
