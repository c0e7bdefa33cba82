// Part of the tests: the limits of every exporter, as its index declares them.
import { optionGroups } from '../../src/app/options.ts';
import { registry } from '../../src/app/registry.ts';
import { createAws } from '../../src/aws/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createDecoder } from '../../src/delivery/decoder.ts';
import type { BatchLimits } from '../../src/delivery/exporter.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';

export async function exporterLimits(
  settings: Readonly<Record<string, string>>,
): Promise<Readonly<Record<DestinationId, BatchLimits>>> {
  const { values: config } = loadConfig(optionGroups, { env: settings });
  const http = createHttpClient({ connections: 1, clock: systemClock, proxies: {} });
  const common = { version: 'test', clock: systemClock, random: Math.random, decoder: createDecoder(), http };
  const aws = () =>
    createAws({
      region: config.aws.region,
      xrayEndpoint: config.xray.endpoint,
      logsEndpoint: config.cloudwatchLogs.endpoint,
      http,
      clock: systemClock,
      userAgent: 'test',
    });
  const limits = await Promise.all(
    DESTINATION_IDS.map(async (destination) => {
      const row = registry.find(({ id }) => id === destination);
      if (!row) throw new Error(`no exporter ${destination}`);
      const exporter = await row.build(config, { ...common, destination, aws: async () => aws() });
      await exporter.close();
      return [destination, exporter.limits] as const;
    }),
  );
  await http.close();
  return Object.fromEntries(limits) as Record<DestinationId, BatchLimits>;
}
