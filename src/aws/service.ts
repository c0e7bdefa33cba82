// Part of aws: one AWS service: an SDK client for most calls, and a signed request of our own for the call that is hot.
import type { AwsCredentialIdentity } from '@smithy/types';
import { type HttpAnswer, type HttpClient, HttpError } from '../http/client.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import type { Clock } from '../model/clock.ts';
import { roleCredentials } from './assume-role.ts';
import { type CredentialSource, credentialSource, type LoadCredentials } from './credentials.ts';
import { AwsError, kindOf, readError } from './errors.ts';
import type { RegionSource } from './region.ts';
import { remedyFor } from './remedy.ts';
import { createSigner } from './signature.ts';
import { stsBeside } from './sts.ts';

const TIMEOUT_MS = 10_000;
/** AWS refuses signatures whose time is more than five minutes off. */
const SKEW_MS = 240_000;

/** The part of an SDK client's resolved configuration that a signed request needs. */
export interface SdkClient {
  config: {
    credentials: LoadCredentials;
    useFipsEndpoint(): Promise<boolean>;
    useDualstackEndpoint(): Promise<boolean>;
    endpointProvider(parameters: { Region: string; UseFIPS: boolean; UseDualStack: boolean }): { url: URL };
  };
  destroy(): void;
}

export interface ServiceOptions<C> {
  name: 'xray' | 'logs';
  regions: RegionSource;
  /** Imports the SDK, which takes tens of milliseconds: not before it is needed. */
  open(region: string): Promise<C>;
  /** As the user set it; else the SDK's rules for the region. */
  endpoint: URL | undefined;
  /** Whose credentials the chain's own are exchanged for. */
  role?: Role | undefined;
  http: HttpClient;
  clock: Clock;
  userAgent: string;
  onConnected?(connected: Connected): void;
}

export interface Role {
  arn: string;
  /** Else the one of the region. */
  stsEndpoint: URL | undefined;
}

/** Said once for each service. */
export interface Connected {
  service: string;
  region: string;
  /** Where the region comes from. */
  from: string;
  endpoint: URL;
}

export interface Service<C> {
  identity(): Promise<AwsCredentialIdentity>;
  region(): Promise<string>;
  endpoint(): Promise<URL>;
  /** Any 2xx; else AwsError or HttpError. */
  post(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<HttpAnswer>;
  /** A call through the SDK client, with the same errors. */
  call<R>(run: (client: C) => Promise<R>): Promise<R>;
  close(): Promise<void>;
}

interface Connection<C> {
  client: C;
  region: string;
  endpoint: URL;
  credentials: CredentialSource;
  sign: ReturnType<typeof createSigner>;
  /** By path. */
  urls: Map<string, URL>;
}

export function createService<C extends SdkClient>(options: ServiceOptions<C>): Service<C> {
  const { name, http, clock } = options;
  let opened: Promise<Connection<C>> | undefined;
  /** What the vendor's clock is ahead of ours: a laptop that slept, a container without NTP. */
  let skewMs = 0;

  const connect = async (): Promise<Connection<C>> => {
    const { name: region, from } = await options.regions.get();
    const client = await options.open(region);
    const endpoint = options.endpoint ?? (await regionalEndpoint(client, region));
    const own = credentialSource((how) => client.config.credentials(how), clock);
    const credentials = options.role ? await ofRole(options.role, own, client, region) : own;
    options.onConnected?.({ service: name, region, from, endpoint });
    const sign = createSigner(name, region, credentials.get);
    return { client, region, endpoint, credentials, sign, urls: new Map() };
  };
  const ofRole = async ({ arn, stsEndpoint }: Role, own: CredentialSource, client: C, region: string) => {
    const endpoint = stsEndpoint ?? stsBeside(await regionalEndpoint(client, region));
    const load = roleCredentials(arn, { endpoint, region, credentials: own.get, http, clock });
    return credentialSource(load, clock);
  };
  const connection = async (): Promise<Connection<C>> => {
    opened ??= connect();
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };

  const attempt = async (
    to: Connection<C>,
    path: string,
    given: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal?: AbortSignal,
  ) => {
    const url = urlOf(to, path);
    const headers = await to.sign(
      { method: 'POST', url, headers: given, body },
      new Date(clock.now() + skewMs),
    );
    const { host: _, ...rest } = headers;
    return http.request({
      method: 'POST',
      url,
      headers: { ...rest, 'user-agent': options.userAgent },
      body,
      timeoutMs: TIMEOUT_MS,
      ...(signal ? { signal } : {}),
    });
  };
  /** Few paths, asked for a hundred times a second. */
  const urlOf = ({ endpoint, urls }: Connection<C>, path: string): URL => {
    const known = urls.get(path);
    if (known) return known;
    const url = new URL(path.replace(/^\//, ''), endpoint.href.replace(/\/?$/, '/'));
    urls.set(path, url);
    return url;
  };
  const failure = (answer: HttpAnswer, used: AwsCredentialIdentity): AwsError => {
    const body = Buffer.from(answer.body).toString();
    const { code, message } = readError(answer.headers, body);
    const named = kindOf(code, answer.status);
    const aheadMs = Date.parse(answer.headers['date'] ?? '') - clock.now();
    const skewed = named === 'unauthorized' && Math.abs(aheadMs - skewMs) > SKEW_MS;
    if (skewed) skewMs = aheadMs;
    return new AwsError(skewed ? 'skewed' : named, message, {
      code,
      status: answer.status,
      body,
      retryAfterMs: retryAfterMs(answer.headers, clock.now()),
      ...(named === 'unauthorized' && !skewed ? { fix: remedyFor(used) } : {}),
    });
  };
  /** True when the same call may fare better now. */
  const isMended = async (
    to: Connection<C>,
    error: unknown,
    used: AwsCredentialIdentity,
  ): Promise<boolean> => {
    if (!(error instanceof AwsError)) return false;
    if (error.kind === 'skewed') return true;
    return error.kind === 'unauthorized' && (await to.credentials.renew(used)) !== undefined;
  };

  return {
    identity: async () => (await connection()).credentials.get(),
    region: async () => (await connection()).region,
    endpoint: async () => (await connection()).endpoint,
    async post(path, headers, body, signal) {
      const to = await connection();
      for (let again = true; ; again = false) {
        const used = await to.credentials.get();
        const answer = await attempt(to, path, headers, body, signal);
        // AWS answers these calls with 200; another 2xx is somebody else's.
        if (answer.status === 200) return answer;
        const error = failure(answer, used);
        if (!again || !(await isMended(to, error, used))) throw error;
      }
    },
    async call(run) {
      const to = await connection();
      for (let again = true; ; again = false) {
        const used = await to.credentials.get();
        try {
          return await run(to.client);
        } catch (error) {
          const translated = fromSdk(error);
          if (!again || !(await isMended(to, translated, used))) throw translated;
        }
      }
    },
    async close() {
      const to = await opened?.catch(() => undefined);
      to?.client.destroy();
    },
  };
}

async function regionalEndpoint({ config }: SdkClient, region: string): Promise<URL> {
  const [UseFIPS, UseDualStack] = await Promise.all([
    config.useFipsEndpoint(),
    config.useDualstackEndpoint(),
  ]);
  return config.endpointProvider({ Region: region, UseFIPS, UseDualStack }).url;
}

function fromSdk(error: unknown): unknown {
  if (error instanceof HttpError || !(error instanceof Error)) return error;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (status === undefined) return error;
  const code = error.name === 'Unknown' ? '' : error.name;
  return new AwsError(kindOf(code, status), error.message, { code, status, body: error.message });
}
