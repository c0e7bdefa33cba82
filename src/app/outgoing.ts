// Part of app: the ways out: the HTTP client, and AWS, which nobody asks before the ports are bound that data comes in by.
import type { Aws } from '../aws/index.ts';
import { setVariables } from '../config/load.ts';
import type { HttpClient, HttpOptions } from '../http/client.ts';
import { createHttpClient } from '../http/index.ts';
import type { Clock } from '../model/clock.ts';
import { letOthersIn } from '../model/let-others-in.ts';
import type { Events } from '../telemetry/events.ts';
import type { AppConfig } from './options.ts';

export interface OutgoingOptions {
  config: AppConfig;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  clock: Clock;
  events: Pick<Events, 'awsConnected' | 'awsFilesUnreadable' | 'awsEndpointIgnored'>;
}

export interface Outgoing {
  http: HttpClient;
  proxies: HttpOptions['proxies'];
  /** Waits for `begin`. */
  aws(): Promise<Aws>;
  /** The ports are bound: from here on region and credentials may be looked up. */
  begin(): void;
  close(): Promise<void>;
}

/** More than all exporters together have requests in flight: where they share an origin, one that hangs must leave room. */
const CONNECTIONS_PER_ORIGIN = 32;

export function createOutgoing({ config, env, version, clock, events }: OutgoingOptions): Outgoing {
  const pool = { connections: CONNECTIONS_PER_ORIGIN, clock, proxies: proxiesOf(env, config.process.proxy) };
  const http = createHttpClient(pool);
  const xrayHttp = config.xray.verifyTls === 'off' ? createHttpClient({ ...pool, verifyTls: false }) : http;
  let begin: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let opened: Promise<Aws> | undefined;

  async function open(): Promise<Aws> {
    await letOthersIn();
    const [{ createAws }, { regionFromMetadata }, { findSharedFiles }] = await Promise.all([
      import('../aws/index.ts'),
      import('../aws/metadata.ts'),
      import('../aws/shared-files.ts'),
    ]);
    await letOthersIn();
    const { variables, unreadable } = findSharedFiles(env);
    setVariables(variables);
    if (unreadable.length > 0) events.awsFilesUnreadable(unreadable);
    const ignored = ignoredEndpoint(config, env);
    if (ignored) events.awsEndpointIgnored(ignored);
    const fromMetadata = () => regionFromMetadata({ env, clock });
    // Where the command line is the X-Ray daemon's, this variable comes last; elsewhere it stands for AWS_REGION.
    const fallback = env['AWS_DEFAULT_REGION'];
    const fromFallback = async () => (fallback ? { name: fallback, from: 'AWS_DEFAULT_REGION' } : undefined);
    const { roleArn } = config.xray;
    return createAws({
      region: config.aws.region,
      otherRegions: [...(config.aws.metadata === 'on' ? [fromMetadata] : []), fromFallback],
      xrayEndpoint: config.xray.endpoint,
      logsEndpoint: config.cloudwatchLogs.endpoint,
      stsEndpoint: config.aws.stsEndpoint,
      xrayRole: roleArn ? { arn: roleArn, stsEndpoint: config.aws.stsEndpoint } : undefined,
      http,
      xrayHttp,
      clock,
      userAgent: `sidecast/${version}`,
      executionEnv: env['AWS_EXECUTION_ENV'],
      onConnected: (connected) => events.awsConnected(connected),
    });
  }

  return {
    http,
    proxies: pool.proxies,
    async aws() {
      await hasBegun;
      opened ??= open();
      return opened;
    },
    begin: () => begin(),
    async close() {
      await (await opened)?.close();
      await Promise.all([http.close(), xrayHttp.close()]);
    },
  };
}

/** The SDKs' own variable for all services, where somebody may think that it is followed. */
function ignoredEndpoint(
  { xray, cloudwatchLogs }: AppConfig,
  env: OutgoingOptions['env'],
): string | undefined {
  const lacksOwn =
    (xray.use !== 'off' && !xray.endpoint) || (cloudwatchLogs.group && !cloudwatchLogs.endpoint);
  return lacksOwn ? env['AWS_ENDPOINT_URL'] : undefined;
}

/** Names in both cases, as curl reads them. */
function proxiesOf(env: OutgoingOptions['env'], forAll: URL | undefined): HttpOptions['proxies'] {
  const read = (name: string) => env[name] || env[name.toLowerCase()];
  const [https, http, no] = [
    forAll?.href ?? read('HTTPS_PROXY'),
    forAll?.href ?? read('HTTP_PROXY'),
    read('NO_PROXY'),
  ];
  return { ...(https ? { https } : {}), ...(http ? { http } : {}), ...(no ? { no } : {}) };
}
