// Part of app: the options of the process itself, and every component's, in the order in which people read them.
import { options as aws } from '../aws/config.ts';
import type { GroupValues } from '../config/load.ts';
import {
  address,
  aliases,
  bytes,
  choice,
  durationMs,
  httpUrl,
  list,
  port,
  ratios,
  secret,
  text,
} from '../config/option.ts';
import { options as cloudwatchLogs } from '../exporters/aws-cloudwatch-logs/config.ts';
import { options as xray } from '../exporters/aws-xray/config.ts';
import { options as honeycomb } from '../exporters/honeycomb/config.ts';
import { options as rollbar } from '../exporters/rollbar/config.ts';
import { options as kafka } from '../journal/kafka/config.ts';
import { options as redact } from '../processors/redact/config.ts';
import { options as xrayReceiver } from '../receivers/aws-xray/config.ts';
import { options as otlpReceiver } from '../receivers/otlp/config.ts';
import { options as recent } from '../recent/config.ts';
import { options as sampling } from '../sampling/config.ts';
import { options as tls } from './tls-config.ts';

const listeners = {
  hosts: {
    env: 'SIDECAST_HOST',
    schema: list(),
    fallback: '127.0.0.1,::1',
    summary:
      'Addresses that all listeners bind (in the image 0.0.0.0,::). A family that the machine lacks is skipped.',
    example: '0.0.0.0',
  },
  otlpPort: {
    env: 'SIDECAST_OTLP_PORT',
    schema: port(),
    fallback: '4318',
    summary: 'OTLP/HTTP. 0 picks a free port.',
  },
  xrayPort: {
    env: 'SIDECAST_XRAY_PORT',
    schema: port(),
    fallback: '2000',
    summary: 'X-Ray segments on UDP and the sampling API on TCP. 0 picks a free port.',
  },
  xrayUdp: {
    env: 'SIDECAST_XRAY_UDP_ADDRESS',
    schema: address(),
    summary: 'Where X-Ray segments are taken, if not at SIDECAST_HOST and SIDECAST_XRAY_PORT.',
    example: '0.0.0.0:2000',
  },
  xrayTcp: {
    env: 'SIDECAST_XRAY_TCP_ADDRESS',
    schema: address(),
    summary: 'Where the X-Ray sampling API listens, if not at SIDECAST_HOST and SIDECAST_XRAY_PORT.',
    example: '0.0.0.0:2000',
  },
  adminPort: {
    env: 'SIDECAST_ADMIN_PORT',
    schema: port(),
    fallback: '4319',
    summary: 'Page, /livez, /readyz, /status and /metrics. 0 picks a free port.',
  },
  adminHosts: {
    env: 'SIDECAST_ADMIN_HOSTS',
    schema: list(),
    summary:
      'Names besides addresses, localhost and names without a dot by which the admin port may be asked for (DNS rebinding); * stands for all.',
    example: 'telemetry.example.com',
  },
  adminToken: {
    env: 'SIDECAST_ADMIN_TOKEN',
    schema: secret(),
    secret: true,
    summary:
      'Asked for on the admin port, as bearer token or as password; /livez, /readyz and /metrics are exempt.',
  },
};

const journal = {
  dataDir: {
    env: 'SIDECAST_DATA_DIR',
    schema: text(),
    summary:
      'Journal and dead letters (in the image /var/lib/sidecast, else $XDG_STATE_HOME/sidecast). memory never touches disk.',
    example: '/var/lib/sidecast',
  },
  maxBytes: {
    env: 'SIDECAST_JOURNAL_MAX_BYTES',
    schema: bytes(),
    fallback: '1GiB',
    summary:
      'Bound of the journal. At the bound the destination that lags loses its oldest data, counted as dropped.',
  },
  fsync: {
    env: 'SIDECAST_JOURNAL_FSYNC',
    schema: choice('interval', 'always', 'never'),
    fallback: 'interval',
    summary:
      'When written data is forced to disk: each second, before each answer, or when the kernel likes.',
  },
  newDestinationStarts: {
    env: 'SIDECAST_NEW_DESTINATION_STARTS',
    yaml: 'journal.new_destination_starts',
    schema: choice('now', 'beginning'),
    fallback: 'now',
    summary:
      'Where a destination begins that was never on before: with what comes from now on, or with all that the journal still has.',
  },
  maxAgeMs: {
    env: 'SIDECAST_MAX_AGE',
    schema: durationMs(),
    fallback: '7d',
    summary: 'When undelivered data is given up, counted as dropped.',
  },
  deadLettersMaxBytes: {
    env: 'SIDECAST_DEAD_LETTERS_MAX_BYTES',
    yaml: 'dead_letters.max_bytes',
    schema: bytes(),
    fallback: '64MiB',
    summary: 'Bound of the dead letters of each destination; the oldest make room. All go after 30 days.',
  },
};

const process = {
  maxInFlightBytes: {
    env: 'SIDECAST_MAX_IN_FLIGHT_BYTES',
    schema: bytes(),
    fallback: '32MiB',
    summary: 'Bound of all bodies being received at once; beyond it clients are asked to come back.',
  },
  shutdownTimeoutMs: {
    env: 'SIDECAST_SHUTDOWN_TIMEOUT',
    schema: durationMs(),
    fallback: '8s',
    summary: 'Time to flush after SIGTERM (docker kills at 10 s).',
  },
  logLevel: {
    env: 'SIDECAST_LOG_LEVEL',
    schema: choice('trace', 'debug', 'info', 'warn', 'error'),
    fallback: 'info',
    summary: 'Least level that is logged.',
  },
  logFormat: {
    env: 'SIDECAST_LOG_FORMAT',
    schema: choice('json', 'pretty', 'xray'),
    summary:
      "json, one object a line, pretty (the default on a terminal), or xray, the X-Ray daemon's lines on standard output (the default of the command xray).",
  },
  logFile: {
    env: 'SIDECAST_LOG_FILE',
    schema: text(),
    summary: 'File for the log instead of standard error or output.',
    example: '/var/log/sidecast.log',
  },
  logRotation: {
    env: 'SIDECAST_LOG_ROTATION',
    schema: choice('on', 'off'),
    fallback: 'on',
    summary: 'Whether the log file is renamed at 50 MB, one old one kept.',
  },
  proxy: {
    env: 'SIDECAST_PROXY',
    schema: httpUrl(),
    summary:
      'Proxy for all that is sent, but to the hosts of NO_PROXY; without it HTTPS_PROXY and HTTP_PROXY are.',
    example: 'http://proxy.example.com:3128',
  },
  routing: {
    env: 'SIDECAST_ROUTING',
    schema: choice('native', 'otlp', 'all'),
    fallback: 'native',
    summary:
      'native: of a service that sends OTLP spans and X-Ray segments, X-Ray gets the segments and the others get the spans; otlp sends translated spans to X-Ray and skips X-Ray segments; all sends everything everywhere.',
  },
  telemetrySpans: {
    env: 'SIDECAST_TELEMETRY_SPANS',
    schema: choice('mark', 'skip', 'keep'),
    fallback: 'mark',
    summary:
      'Spans of calls to known telemetry endpoints (Rollbar, Honeycomb, AWS X-Ray and CloudWatch Logs, OTLP): mark adds sidecast.telemetry=true for Honeycomb and X-Ray, skip leaves them out, keep leaves them as they are.',
  },
  sampleRatios: {
    env: 'SIDECAST_SAMPLE_RATIOS',
    schema: ratios('honeycomb', 'aws-xray', 'aws-cloudwatch-logs'),
    summary:
      'What ratio of the traces a destination gets, by trace id. Errors and slow ones are always kept; Honeycomb is told the rate, and gets all translated segments. Without it, everything.',
    example: 'honeycomb=0.1,aws-xray=0.25',
  },
  sampleSlowMs: {
    env: 'SIDECAST_SAMPLE_SLOW',
    schema: durationMs(),
    fallback: '1s',
    summary: 'With SIDECAST_SAMPLE_RATIOS: what lasts as long or longer is always kept.',
  },
  sampleDryRun: {
    env: 'SIDECAST_SAMPLE_DRY_RUN',
    schema: choice('off', 'on'),
    fallback: 'off',
    summary: 'on: /status counts what SIDECAST_SAMPLE_RATIOS would leave out, and everything is delivered.',
  },
  serviceAliases: {
    env: 'SIDECAST_SERVICE_ALIASES',
    schema: aliases(),
    summary:
      'Names that are one service: its service.name = the name of its X-Ray segments, where that is another. What SIDECAST_ROUTING=native finds out by itself after three requests.',
    example: 'backend=shop.example.com',
  },
};

export const optionGroups = {
  listeners,
  tls,
  journal,
  kafka,
  process,
  otlpReceiver,
  xrayReceiver,
  redact,
  recent,
  honeycomb,
  aws,
  xray,
  sampling,
  cloudwatchLogs,
  rollbar,
};

export type AppConfig = GroupValues<typeof optionGroups>;
