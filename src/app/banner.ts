// Part of app: what listens where, what is on because of which variable, what is off and how to turn it on.
import type { Effective } from '../config/load.ts';
import type { Reason } from '../model/reasons.ts';
import { DESTINATION_NAMES, type DestinationId } from '../model/signals.ts';
import type { Listening } from '../telemetry/events.ts';

export interface BannerFacts {
  version: string;
  /** The version of Node, and what there is to know about it. */
  node: string;
  listening: Listening;
  journal: { mode: string; dir: string | null };
  off: Readonly<Partial<Record<DestinationId, Reason>>>;
}

/** Text for a terminal. */
export function renderBanner({ version, node, listening, journal, off }: BannerFacts): string {
  const lines = [
    `Sidecast ${version} on Node ${node}`,
    `  OTLP/HTTP   ${listening.otlp.map((address) => `http://${address}`).join('  ')}`,
    `  X-Ray       udp ${listening.xrayUdp.join('  ')}`,
    `  page        ${listening.admin.map((address) => `http://${address}/`).join('  ')}`,
    `  journal     ${journal.dir ?? 'in memory: a restart loses what is not delivered'}`,
  ];
  for (const [id, name] of Object.entries(DESTINATION_NAMES) as [DestinationId, string][]) {
    const reason = off[id];
    lines.push(`  ${name.padEnd(16)}${reason ? `off: ${reason.fix}` : 'on'}`);
  }
  return lines.join('\n');
}

/** Where each value that was set came from; secrets are masked already. */
export function configuredBy(effective: readonly Effective[]): Record<string, string> {
  const set = effective.filter((entry) => entry.source !== 'default' && entry.value !== undefined);
  return Object.fromEntries(set.map((entry) => [entry.option.env, entry.source]));
}
