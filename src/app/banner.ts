// Part of app: what listens where, what is on because of which variable, what is off and how to turn it on.
import type { Effective } from '../config/load.ts';
import type { TlsListener } from '../model/listener-tls.ts';
import type { Reason } from '../model/reasons.ts';
import { DESTINATION_IDS, DESTINATION_NAMES, type DestinationId } from '../model/signals.ts';
import type { Listening } from '../telemetry/events.ts';

export interface BannerFacts {
  version: string;
  /** The version of Node, and what there is to know about it. */
  node: string;
  listening: Listening;
  journal: { mode: string; dir: string | null };
  off: Readonly<Partial<Record<DestinationId, Reason>>>;
  effective: readonly Effective[];
}

/** Text for a terminal. */
export function renderBanner({ version, node, listening, journal, off, effective }: BannerFacts): string {
  const schemeOf = (listener: TlsListener) => (listening.tls?.includes(listener) ? 'https' : 'http');
  const lines = [
    `Sidecast ${version} on Node ${node}`,
    `  OTLP/HTTP   ${listening.otlp.map((address) => `${schemeOf('otlp')}://${address}`).join('  ')}`,
    `  X-Ray       udp ${listening.xrayUdp.join('  ')}   tcp ${listening.xrayTcp.join('  ')}`,
    `  page        ${listening.admin.map((address) => `${schemeOf('admin')}://${address}/`).join('  ')}`,
    `  journal     ${journal.dir ?? 'in memory: a restart loses what is not delivered'}`,
  ];
  for (const [id, name] of Object.entries(DESTINATION_NAMES) as [DestinationId, string][]) {
    const reason = off[id];
    lines.push(`  ${name.padEnd(16)}${reason ? `off: ${reason.fix}` : `on: ${turnedOnBy(id, effective)}`}`);
  }
  return [...lines, '  Does it all work? sidecast doctor'].join('\n');
}

/** The options that can turn each on, in the order in which they do. */
const SWITCHES: Readonly<Record<DestinationId, readonly string[]>> = {
  honeycomb: ['HONEYCOMB_API_KEY'],
  'aws-xray': ['AWS_REGION', 'SIDECAST_XRAY', 'ECS_CONTAINER_METADATA_URI_V4'],
  'aws-cloudwatch-logs': ['CLOUDWATCH_LOG_GROUP'],
  rollbar: ['ROLLBAR_ACCESS_TOKEN'],
};

function turnedOnBy(id: DestinationId, effective: readonly Effective[]): string {
  const found = SWITCHES[id].flatMap((name) =>
    effective.filter(({ option, source }) => option.env === name && source !== 'default'),
  );
  return found[0]?.source ?? 'by default';
}

/** For programs: what is on, and because of what. */
export function onBecause({
  off,
  effective,
}: Pick<BannerFacts, 'off' | 'effective'>): Record<string, string> {
  const on = DESTINATION_IDS.filter((id) => !off[id]);
  return Object.fromEntries(on.map((id) => [id, turnedOnBy(id, effective)]));
}

/** Where each value that was set came from; secrets are masked already. */
export function configuredBy(effective: readonly Effective[]): Record<string, string> {
  const set = effective.filter((entry) => entry.source !== 'default' && entry.value !== undefined);
  return Object.fromEntries(set.map((entry) => [entry.option.env, entry.source]));
}
