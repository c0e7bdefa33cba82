// Part of app: the options of the process itself, and every component's, in the order in which people read them.
import { options as aws } from '../aws/config.ts';
import type { GroupValues } from '../config/load.ts';
import { bytes, choice, durationMs, list, port, text } from '../config/option.ts';
import { options as cloudwatchLogs } from '../exporters/aws-cloudwatch-logs/config.ts';
import { options as xray } from '../exporters/aws-xray/config.ts';
import { options as honeycomb } from '../exporters/honeycomb/config.ts';
import { options as rollbar } from '../exporters/rollbar/config.ts';
import { options as xrayReceiver } from '../receivers/aws-xray/config.ts';
import { options as otlpReceiver } from '../receivers/otlp/config.ts';

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
  adminPort: {
    env: 'SIDECAST_ADMIN_PORT',
    schema: port(),
    fallback: '4319',
    summary: 'Page, /livez, /readyz, /status and /metrics. 0 picks a free port.',
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
  maxAgeMs: {
    env: 'SIDECAST_MAX_AGE',
    schema: durationMs(),
    fallback: '7d',
    summary: 'When undelivered data is given up, counted as dropped.',
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
    schema: choice('json', 'pretty'),
    summary: 'json, one object a line, or pretty (the default on a terminal).',
  },
  routing: {
    env: 'SIDECAST_ROUTING',
    schema: choice('all', 'otlp'),
    fallback: 'all',
    summary:
      'all sends everything everywhere; otlp sends translated spans to X-Ray and skips X-Ray segments.',
  },
};

export const optionGroups = {
  listeners,
  journal,
  process,
  otlpReceiver,
  xrayReceiver,
  honeycomb,
  aws,
  xray,
  cloudwatchLogs,
  rollbar,
};

export type AppConfig = GroupValues<typeof optionGroups>;
