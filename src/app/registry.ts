// Part of app: the destinations. Each row says when one is on and imports it only then.
import type { Aws } from '../aws/index.ts';
import type { Exporter, ExporterContext } from '../delivery/exporter.ts';
import { offReason as cloudwatchLogsOff } from '../exporters/aws-cloudwatch-logs/config.ts';
import { offReason as xrayOff } from '../exporters/aws-xray/config.ts';
import type { AppKeys } from '../exporters/honeycomb/app-keys.ts';
import { offReason as honeycombOff } from '../exporters/honeycomb/config.ts';
import { offReason as rollbarOff } from '../exporters/rollbar/config.ts';
import type { HttpClient } from '../http/client.ts';
import type { Reason } from '../model/reasons.ts';
import type { DestinationId } from '../model/signals.ts';
import type { AppConfig } from './options.ts';

export interface BuildContext extends ExporterContext {
  http: HttpClient;
  appKeys: AppKeys;
  /** Made at the first destination that needs it. */
  aws(): Promise<Aws>;
}

export interface Destination {
  id: DestinationId;
  /** Undefined when the destination is on. */
  off(config: AppConfig): Reason | undefined;
  build(config: AppConfig, context: BuildContext): Promise<Exporter<unknown>>;
}

/** Delivery treats what an exporter made as opaque, so the type of its items ends here. */
function opaque<T>(exporter: Exporter<T>): Exporter<unknown> {
  return exporter as unknown as Exporter<unknown>;
}

export const registry: readonly Destination[] = [
  {
    id: 'honeycomb',
    off: (config) => honeycombOff(config.honeycomb),
    async build(config, context) {
      const { create } = await import('../exporters/honeycomb/index.ts');
      return opaque(create(config.honeycomb, context));
    },
  },
  {
    id: 'aws-xray',
    off: (config) => xrayOff({ ...config.xray, ...config.aws }),
    async build(config, context) {
      const { create } = await import('../exporters/aws-xray/index.ts');
      // So that the X-Ray console finds the logs that sidecast writes.
      const { group, requestsGroup } = config.cloudwatchLogs;
      const named = group === undefined ? [] : [group, requestsGroup ?? group];
      const logGroups = [...new Set(named)];
      return opaque(
        create({ ...config.xray, ...config.aws, logGroups }, { ...context, aws: await context.aws() }),
      );
    },
  },
  {
    id: 'aws-cloudwatch-logs',
    off: (config) => cloudwatchLogsOff({ ...config.cloudwatchLogs, ...config.aws }),
    async build(config, context) {
      const { create } = await import('../exporters/aws-cloudwatch-logs/index.ts');
      return opaque(
        create({ ...config.cloudwatchLogs, ...config.aws }, { ...context, aws: await context.aws() }),
      );
    },
  },
  {
    id: 'rollbar',
    off: (config) => rollbarOff(config.rollbar),
    async build(config, context) {
      const { create } = await import('../exporters/rollbar/index.ts');
      return opaque(create(config.rollbar, context));
    },
  },
];
