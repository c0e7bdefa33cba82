// Part of processors/redact: the options in a form that reaches a thread: no functions, no Secret.
import { randomBytes } from 'node:crypto';
import type { RedactConfig } from './config.ts';
import type { RedactorOptions } from './index.ts';
import { compilePattern } from './own-patterns.ts';

export interface RedactSettings extends Omit<RedactorOptions, 'patterns'> {
  patterns: readonly string[];
}

/** Without a key one is made, so that main thread and worker have the same. */
export function settingsOf({ hashKey, patterns, ...rest }: RedactConfig): RedactSettings {
  return {
    ...rest,
    hashKey: hashKey?.reveal() ?? randomBytes(32).toString('latin1'),
    patterns: patterns.map(({ source }) => source),
  };
}

export function withPatterns({ patterns, ...rest }: RedactSettings): RedactorOptions {
  return {
    ...rest,
    patterns: patterns.map(compilePattern).filter((pattern) => typeof pattern !== 'string'),
  };
}
