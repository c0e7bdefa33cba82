// Part of telemetry: one JSON object a line on stderr, lines for people on a terminal, or the X-Ray daemon's lines on stdout.
import { type DestinationStream, pino } from 'pino';
import { createXRayLog } from './xray-lines.ts';

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
  format: 'json' | 'pretty' | 'xray';
  /** Where lines go; by default standard error, or standard output in the daemon's form. */
  destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions): LogLine {
  const fd = options.format === 'xray' ? 1 : 2;
  const target = options.destination ?? pino.destination({ fd, sync: true });
  if (options.format === 'xray') return createXRayLog(options.level, (line) => void target.write(line));
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
