// Part of the journal in Kafka: its options.
import { choice, durationMs, list, secret, text, type Values } from '../../config/option.ts';

export const options = {
  journal: {
    env: 'SIDECAST_JOURNAL',
    yaml: 'kafka.journal',
    schema: choice('disk', 'kafka'),
    fallback: 'disk',
    summary:
      'Where the journal is: on the disk of this host (disk), or in Apache Kafka, shared by a fleet (kafka; needs Node 22.22 or 24.6, which the image has).',
  },
  brokers: {
    env: 'SIDECAST_KAFKA',
    yaml: 'kafka.brokers',
    schema: list(),
    summary: 'Kafka brokers to begin with, for SIDECAST_JOURNAL=kafka.',
    example: 'broker-1.example.com:9092,broker-2.example.com:9092',
  },
  role: {
    env: 'SIDECAST_ROLE',
    yaml: 'kafka.role',
    schema: choice('both', 'receive', 'deliver'),
    fallback: 'both',
    summary:
      'With SIDECAST_JOURNAL=kafka: receive takes data in and leaves the delivery to others, deliver only delivers.',
  },
  topicPrefix: {
    env: 'SIDECAST_KAFKA_TOPIC_PREFIX',
    schema: text(),
    fallback: '',
    summary:
      "Before the topics' names otlp_spans, otlp_logs, otlp_metrics (the OpenTelemetry Collector's own) and xray_segments.",
    example: 'shop.',
  },
  group: {
    env: 'SIDECAST_KAFKA_GROUP',
    schema: text(),
    fallback: 'sidecast',
    summary:
      'Name of the deliverers: each destination has a consumer group of its own, such as sidecast-honeycomb.',
  },
  partitionBy: {
    env: 'SIDECAST_KAFKA_PARTITION_BY',
    schema: choice('trace', 'request'),
    fallback: 'trace',
    summary:
      'What stays in one partition, and so with one deliverer: all of a trace (requests are cut where they hold several), or a request as it came, which costs less.',
  },
  compression: {
    env: 'SIDECAST_KAFKA_COMPRESSION',
    schema: choice('none', 'gzip', 'snappy', 'lz4', 'zstd'),
    fallback: 'none',
    summary: 'How what is written to Kafka is compressed.',
  },
  sessionTimeoutMs: {
    env: 'SIDECAST_KAFKA_SESSION_TIMEOUT',
    schema: durationMs(),
    fallback: '15s',
    summary:
      "After this time without a sign of life a deliverer's partitions go to the others (group.min.session.timeout.ms of the brokers is the least).",
  },
  tls: {
    env: 'SIDECAST_KAFKA_TLS',
    schema: choice('off', 'on'),
    fallback: 'off',
    summary: 'Whether the brokers are spoken to by TLS.',
  },
  tlsCa: {
    env: 'SIDECAST_KAFKA_TLS_CA',
    schema: text(),
    summary:
      "File with the certificates that the brokers' are signed by, where the system does not know them.",
    example: '/etc/ssl/kafka-ca.pem',
  },
  sasl: {
    env: 'SIDECAST_KAFKA_SASL',
    schema: choice('none', 'plain', 'scram-sha-256', 'scram-sha-512'),
    fallback: 'none',
    summary: 'How sidecast says who it is.',
  },
  username: {
    env: 'SIDECAST_KAFKA_USERNAME',
    schema: text(),
    summary: 'User for SIDECAST_KAFKA_SASL.',
    example: 'sidecast',
  },
  password: {
    env: 'SIDECAST_KAFKA_PASSWORD',
    schema: secret(),
    secret: true,
    summary: 'Password for SIDECAST_KAFKA_SASL.',
  },
};

export type KafkaConfig = Values<typeof options>;

/** What this release's client needs (its package.json): zstd and promises that Node 20 does not have. */
function isNodeNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 22 ? minor >= 22 : major === 24 ? minor >= 6 : major > 22;
}

/** Why sidecast does not start with these options; undefined when it can. */
export function kafkaProblem(config: KafkaConfig, nodeVersion: string): string | undefined {
  const { journal, brokers, role, sasl, username, password } = config;
  if (journal !== 'kafka') {
    if (role === 'both') return undefined;
    return `SIDECAST_ROLE=${role} needs a journal that others read: set SIDECAST_JOURNAL=kafka and SIDECAST_KAFKA, or remove SIDECAST_ROLE.`;
  }
  if (!isNodeNewEnough(nodeVersion))
    return `SIDECAST_JOURNAL=kafka needs Node 22.22 or 24.6, and this is ${nodeVersion}: use the image, which has 24, or set SIDECAST_JOURNAL=disk.`;
  if (!brokers || brokers.length === 0)
    return 'SIDECAST_JOURNAL=kafka needs brokers: set SIDECAST_KAFKA to host:port,….';
  const odd = brokers.find((broker) => !/^\S+:\d+$/.test(broker));
  if (odd) return `SIDECAST_KAFKA has ${odd}, which is not host:port: correct it.`;
  if (sasl !== 'none' && !(username && password))
    return `SIDECAST_KAFKA_SASL=${sasl} needs SIDECAST_KAFKA_USERNAME and SIDECAST_KAFKA_PASSWORD: set both.`;
  return undefined;
}
