// Part of cli: the log of a process that runs, where its options put it.
import type { AppConfig } from '../app/options.ts';
import { type LogFile, openLogFile, ROTATE_AT_BYTES } from '../telemetry/log-file.ts';
import { createLogger, type LoggerOptions, type LogLine } from '../telemetry/logger.ts';

export interface Log {
  line: LogLine;
  /** For what scripts wait for: no level hides it. */
  always: LogLine;
}

export function openLog(options: AppConfig['process'], usualFormat: LoggerOptions['format']): Log {
  const { logLevel, logFormat, logFile, logRotation } = options;
  let destination: LogFile | undefined;
  let failure: Error | undefined;
  try {
    const rotateAtBytes = logRotation === 'on' ? ROTATE_AT_BYTES : Number.POSITIVE_INFINITY;
    destination = logFile ? openLogFile(logFile, rotateAtBytes) : undefined;
  } catch (error) {
    failure = error as Error;
  }
  const shared = { format: logFormat ?? usualFormat, ...(destination && { destination }) };
  const line = createLogger({ ...shared, level: logLevel });
  const fix = 'Make its folder writable for this user, or unset SIDECAST_LOG_FILE (xray: -f).';
  if (failure)
    line('warn', 'log_file_unusable', 'the log file cannot be opened: the log is written here', {
      err: failure.message,
      fix,
    });
  return { line, always: createLogger({ ...shared, level: 'info' }) };
}
