// Part of aws: the two services that sidecast talks to.
import type { HttpClient } from '../http/client.ts';
import type { Clock } from '../model/clock.ts';
import { createLogs, type Logs } from './logs.ts';
import { createXRay, type XRay } from './xray.ts';

export interface AwsOptions {
  /** Without one the SDK looks in its profile. */
  region: string | undefined;
  xrayEndpoint?: URL | undefined;
  logsEndpoint?: URL | undefined;
  http: HttpClient;
  clock: Clock;
  /** Sent with each call, e.g. `sidecast/0.1.0`. */
  userAgent: string;
}

export interface Aws {
  xray: XRay;
  logs: Logs;
  close(): Promise<void>;
}

/** Cheap: each SDK client is imported and made at its service's first call. Credentials come from the SDK's default chain. */
export function createAws(options: AwsOptions): Aws {
  const xray = createXRay(options);
  const logs = createLogs(options);
  return {
    xray,
    logs,
    async close() {
      await Promise.all([xray.close(), logs.close()]);
    },
  };
}
