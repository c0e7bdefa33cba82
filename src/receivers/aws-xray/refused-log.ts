// Part of receivers/aws-xray: datagrams that did not become a segment: counted each, logged seldom and never with their content.
import type { Clock } from '../../model/clock.ts';
import type { LogLine } from '../../telemetry/logger.ts';

/** `peer`: of the last one. */
export interface RefusedDatagrams {
  code: string;
  datagrams: number;
  peer: string;
}

const LOG_EVERY_MS = 10_000;

/** The sender's doing; everything else is a loss here. */
const MALFORMED = new Set(['no_header', 'bad_header', 'empty_document']);
const FIXES: Readonly<Record<string, string>> = {
  overloaded: 'Give sidecast more CPU, or let the application sample less.',
  journal_unavailable:
    'Free its disk, raise SIDECAST_JOURNAL_MAX_BYTES, or see why no destination takes data.',
};

export function createRefusedLog(log: LogLine, clock: Clock): (refused: RefusedDatagrams) => void {
  const logged = new Map<string, { atMs: number; unlogged: number }>();
  return ({ code, datagrams, peer }) => {
    const nowMs = clock.now();
    const last = logged.get(code);
    if (last && nowMs - last.atMs < LOG_EVERY_MS) {
      last.unlogged += datagrams;
      return;
    }
    const fields = { code, datagrams: datagrams + (last?.unlogged ?? 0), peer };
    logged.set(code, { atMs: nowMs, unlogged: 0 });
    if (MALFORMED.has(code)) log('warn', 'datagram_malformed', 'A UDP datagram is no X-Ray segment', fields);
    else {
      const fix = FIXES[code] ?? 'Report this: it is a bug in sidecast.';
      log('warn', 'datagram_lost', 'X-Ray segments are lost: there was no room for them', { ...fields, fix });
    }
  };
}
