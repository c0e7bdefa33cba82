// Part of telemetry: one JSON object a line on stderr, or lines for people on a terminal.
import { type DestinationStream, pino } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** `event` is one of a bounded, documented set (events.ts); `msg` is a constant phrase, details are fields. */
export type LogLine = (
  level: LogLevel,
  event: string,
  msg: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export interface LoggerOptions {
  level: LogLevel;
  format: 'json' | 'pretty';
  /** Where lines go; standard error by default. */
  destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions): LogLine {
  const target = options.destination ?? pino.destination({ fd: 2, sync: true });
  if (options.format === 'pretty') return prettyLogger(options.level, target);
  const logger = pino(
    {
      base: null,
      level: options.level,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    target,
  );
  return (level, event, msg, fields) => logger[level]({ event, ...fields }, msg);
}

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

function prettyLogger(minimum: LogLevel, target: DestinationStream): LogLine {
  return (level, event, msg, fields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(minimum)) return;
    const time = new Date().toISOString().slice(11, 23);
    const details = Object.entries(fields ?? {}).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    target.write(`${time} ${level.padEnd(5)} ${msg} (${[event, ...details].join(' ')})\n`);
  };
}
