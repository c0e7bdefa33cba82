// Part of the tests: every exporter as the registry builds it, and its limits.

import { optionGroups } from '../../src/app/options.ts';
import { registry } from '../../src/app/registry.ts';
import { createAws } from '../../src/aws/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createDecoder } from '../../src/delivery/decoder.ts';
import type { BatchLimits, Decoder, Exporter } from '../../src/delivery/exporter.ts';
import { createAppKeys } from '../../src/exporters/honeycomb/app-keys.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { type Clock, systemClock } from '../../src/model/clock.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';

export interface BuiltExporters {
  exporters: Readonly<Record<DestinationId, Exporter<unknown>>>;
  close(): Promise<void>;
}

export async function buildExporters(
  settings: Readonly<Record<string, string>>,
  clock: Clock = systemClock,
  decoder: Decoder = createDecoder(),
): Promise<BuiltExporters> {
  const { values: config } = loadConfig(optionGroups, { env: settings });
  const http = createHttpClient({ connections: 1, clock, proxies: {} });
  const common = { version: 'test', clock, random: Math.random, decoder, http };
  const aws = createAws({
    region: config.aws.region,
    xrayEndpoint: config.xray.endpoint,
    logsEndpoint: config.cloudwatchLogs.endpoint,
    http,
    clock,
    userAgent: 'test',
  });
  const appKeys = createAppKeys(() => undefined);
  const built = await Promise.all(
    DESTINATION_IDS.map(async (destination) => {
      const row = registry.find(({ id }) => id === destination);
      if (!row) throw new Error(`no exporter ${destination}`);
      return [
        destination,
        await row.build(config, { ...common, destination, appKeys, aws: async () => aws }),
      ] as const;
    }),
  );
  return {
    exporters: Object.fromEntries(built) as BuiltExporters['exporters'],
    async close() {
      await Promise.all(built.map(([, exporter]) => exporter.close()));
      await aws.close();
      await http.close();
    },
  };
}

export async function exporterLimits(
  settings: Readonly<Record<string, string>>,
): Promise<Readonly<Record<DestinationId, BatchLimits>>> {
  const { exporters, close } = await buildExporters(settings);
  await close();
  const limits = DESTINATION_IDS.map((id) => [id, exporters[id].limits] as const);
  return Object.fromEntries(limits) as Record<DestinationId, BatchLimits>;
}

/** What may be on its way to a destination at one time: a kill can bring that a second time (DESIGN section 1). */
export function itemsInFlight({ maxItems, concurrency }: BatchLimits): number {
  return maxItems * concurrency;
}
