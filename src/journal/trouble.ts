// Part of the journal: what is wrong with the data directory, in words that begin with what becomes of the data.
import { FIXES } from '../model/fixes.ts';
import type { Reason, ReasonCode } from '../model/reasons.ts';
import type { Unwritable } from './journal.ts';

/** `letters`: dead letters, while the journal itself is well. */
const FATES: Readonly<Record<Unwritable | 'letters', string>> = {
  records: 'new data is kept in memory only',
  settlements: 'nothing is lost, but what is delivered now is delivered again after a kill',
  letters: 'nothing is lost: what vendors refuse stays queued until its dead letter can be written',
};

type Code = Extract<ReasonCode, 'disk_full' | 'not_writable' | 'disk_error'>;

const CODES: Readonly<Record<string, Code>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EACCES: 'not_writable',
  EPERM: 'not_writable',
  EROFS: 'not_writable',
  ENOTDIR: 'not_writable',
};

export function reasonOf(what: keyof typeof FATES, error: Error): Reason {
  const code = CODES[(error as NodeJS.ErrnoException).code ?? ''] ?? 'disk_error';
  return {
    code,
    message: `${FATES[what]}: ${error.message}`,
    fix: `${FIXES[code]} It is tried again every 10 s.`,
  };
}
