// Part of the tests: every exporter as the registry builds it, and its limits.

import { type AppConfig, optionGroups } from '../../src/app/options.ts';
import { type BuildContext, type Destination, registry } from '../../src/app/registry.ts';
import { type Aws, createAws } from '../../src/aws/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createDecoder } from '../../src/delivery/decoder.ts';
import type { BatchLimits, Decoder, Exporter } from '../../src/delivery/exporter.ts';
import { createAppKeys } from '../../src/exporters/honeycomb/app-keys.ts';
import type { HttpClient } from '../../src/http/client.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { type Clock, systemClock } from '../../src/model/clock.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { useAwsKeys } from './app.ts';

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
  const context = contextFor(config, http, clock, decoder);
  const built = await Promise.all(
    DESTINATION_IDS.map(
      async (destination) =>
        [destination, await rowOf(destination).build(config, { ...context, destination })] as const,
    ),
  );
  return {
    exporters: Object.fromEntries(built) as BuiltExporters['exporters'],
    async close() {
      await Promise.all(built.map(([, exporter]) => exporter.close()));
      await (await context.aws()).close();
      await http.close();
    },
  };
}

/** One that is on by its settings, over connections of the caller's. */
export async function buildExporter(
  id: string,
  settings: Readonly<Record<string, string>>,
  http: HttpClient,
): Promise<Exporter<unknown>> {
  useAwsKeys(settings);
  const { values: config, problems } = loadConfig(optionGroups, { env: settings });
  const row = rowOf(id);
  const off = row.off(config);
  if (off || problems.length > 0) throw new Error(`${id} is off: ${JSON.stringify({ off, problems })}`);
  const context = contextFor(config, http, systemClock, createDecoder());
  return row.build(config, { ...context, destination: row.id });
}

function rowOf(destination: string): Destination {
  const row = registry.find(({ id }) => id === destination);
  if (!row) throw new Error(`no exporter ${destination}`);
  return row;
}

function contextFor(
  config: AppConfig,
  http: HttpClient,
  clock: Clock,
  decoder: Decoder,
): Omit<BuildContext, 'destination'> {
  const { region } = config.aws;
  const endpoints = { xrayEndpoint: config.xray.endpoint, logsEndpoint: config.cloudwatchLogs.endpoint };
  let aws: Aws | undefined;
  return {
    version: 'test',
    clock,
    random: Math.random,
    decoder,
    http,
    appKeys: createAppKeys(() => undefined),
    async aws() {
      aws ??= createAws({ region, ...endpoints, http, clock, userAgent: 'sidecast/test' });
      return aws;
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
