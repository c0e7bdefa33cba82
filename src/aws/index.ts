// Part of aws: the two services that sidecast talks to.
import type { HttpClient } from '../http/client.ts';
import type { Clock } from '../model/clock.ts';
import { letOthersIn } from '../model/let-others-in.ts';
import { type Caller, findCaller, type Place } from './caller.ts';
import { createLogs, type Logs } from './logs.ts';
import type { LogsControl } from './logs-control.ts';
import { type FoundRegion, type RegionSource, regionSource } from './region.ts';
import type { Connected, Role } from './service.ts';
import { createXRay, type XRay } from './xray.ts';
import type { XRayControl } from './xray-control.ts';

export type { Connected } from './service.ts';

export interface AwsOptions {
  /** As the user set it. */
  region: string | undefined;
  /** Where else to look, in this order, before the profile. */
  otherRegions?: readonly (() => Promise<FoundRegion | undefined>)[];
  xrayEndpoint?: URL | undefined;
  logsEndpoint?: URL | undefined;
  stsEndpoint?: URL | undefined;
  /** The role that X-Ray is called as. */
  xrayRole?: Role | undefined;
  http: HttpClient;
  /** For X-Ray alone, where that differs. */
  xrayHttp?: HttpClient | undefined;
  clock: Clock;
  /** Sent with each call, e.g. `sidecast/0.1.0`. */
  userAgent: string;
  /** AWS_EXECUTION_ENV, for X-Ray's statistics of its agents. */
  executionEnv?: string | undefined;
  onConnected?(connected: Connected): void;
}

/** What each service is made from. */
export interface ServicesOptions extends AwsOptions {
  regions: RegionSource;
}

export interface Aws {
  xray: XRay;
  xrayControl: XRayControl;
  logs: Logs;
  logsControl: LogsControl;
  /** Where each is. */
  places: { xray: Place; logs: Place };
  /** Who calls; fails as any call does where there are no credentials. */
  caller(place: Place): Promise<Caller>;
  close(): Promise<void>;
}

/** Cheap: each SDK client is imported and made at its service's first call. Credentials come from the SDK's default chain. */
export function createAws(options: AwsOptions): Aws {
  const configured = options.region ? { name: options.region, from: 'configuration' } : undefined;
  const places = [async () => configured, ...(options.otherRegions ?? []), regionOfProfile];
  const regions = regionSource(places, options.clock);
  const xray = createXRay({ ...options, regions });
  const logs = createLogs({ ...options, regions });
  return {
    xray,
    xrayControl: xray.control,
    logs,
    logsControl: logs.control,
    places: { xray: xray.place, logs: logs.place },
    async caller(place) {
      const { name: region } = await regions.get();
      const { http, clock, stsEndpoint } = options;
      return findCaller({ place, region, stsEndpoint, http, clock });
    },
    async close() {
      await Promise.all([xray.close(), logs.close()]);
    },
  };
}

/** The SDK reads it from AWS_CONFIG_FILE, by AWS_PROFILE. */
async function regionOfProfile(): Promise<FoundRegion> {
  await letOthersIn();
  const { XRayClient } = await import('@aws-sdk/client-xray');
  const client = new XRayClient({});
  try {
    return { name: await client.config.region(), from: 'AWS profile' };
  } finally {
    client.destroy();
  }
}
