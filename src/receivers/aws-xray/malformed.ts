// Part of receivers/aws-xray: datagrams that are no segment: counted each, logged seldom and never with their content.
import type { Clock } from '../../model/clock.ts';
import type { LogLine } from '../../telemetry/logger.ts';
import type { Refused, RefusedCode } from './messages.ts';

const LOG_EVERY_MS = 10_000;

export function createMalformedLog(log: LogLine, clock: Clock): (malformed: Refused) => void {
  const logged = new Map<RefusedCode, { atMs: number; unlogged: number }>();
  return ({ code, datagrams, peer }) => {
    const nowMs = clock.now();
    const last = logged.get(code);
    if (last && nowMs - last.atMs < LOG_EVERY_MS) {
      last.unlogged += datagrams;
      return;
    }
    const unlogged = last?.unlogged ?? 0;
    logged.set(code, { atMs: nowMs, unlogged: 0 });
    log('warn', 'datagram_malformed', 'A UDP datagram is no X-Ray segment', {
      code,
      datagrams: datagrams + unlogged,
      peer,
    });
  };
}
