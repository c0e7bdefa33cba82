// Part of receivers/aws-xray: datagrams that are no segment: counted each, logged seldom and never with their content.
import type { Intake } from '../../intake/intake.ts';
import type { Clock } from '../../model/clock.ts';
import type { Datagram } from '../../protocols/xray/datagram.ts';
import type { LogLine } from '../../telemetry/logger.ts';

export type MalformedCode = Exclude<Extract<Datagram, { ok: false }>['code'], 'empty'>;

const LOG_EVERY_MS = 10_000;

export function createMalformedCounter(
  intake: Intake,
  log: LogLine,
  clock: Clock,
): (code: MalformedCode, peer: string) => void {
  const logged = new Map<MalformedCode, { atMs: number; unlogged: number }>();
  return (code, peer) => {
    intake.refuse('aws-xray', code, 1);
    const nowMs = clock.now();
    const last = logged.get(code);
    if (last && nowMs - last.atMs < LOG_EVERY_MS) {
      last.unlogged++;
      return;
    }
    const datagrams = 1 + (last?.unlogged ?? 0);
    logged.set(code, { atMs: nowMs, unlogged: 0 });
    log('warn', 'datagram_malformed', 'A UDP datagram is no X-Ray segment', { code, datagrams, peer });
  };
}
