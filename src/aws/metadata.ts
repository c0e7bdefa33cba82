// Part of aws: what ECS and EC2 tell a process about where it runs. Never through a proxy, and one second in all.
import { readFile } from 'node:fs/promises';
import type { HttpClient } from '../http/client.ts';
import { createHttpClient } from '../http/index.ts';
import type { Clock } from '../model/clock.ts';

/** Off AWS nothing may ever answer. */
const LOOKUP_MS = 1_000;
/** A container's token request may be swallowed on its way (hop limit 1): then there is time left to ask without one. */
const TOKEN_MS = 400;
const TOKEN_TTL_SECONDS = 60;

const IMDS_IPV4 = 'http://169.254.169.254';
const IMDS_IPV6 = 'http://[fd00:ec2::254]';

export interface MetadataOptions {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}

export interface FoundRegion {
  name: string;
  /** For people: `EC2 metadata`. */
  from: string;
}

/** In the X-Ray daemon's order, with ECS's endpoint of today between its two. Undefined when nobody says. */
export async function regionFromMetadata({ env, clock }: MetadataOptions): Promise<FoundRegion | undefined> {
  const http = createHttpClient({ connections: 1, clock, proxies: {} });
  const ask = askUntil(clock.now() + LOOKUP_MS, http, clock);
  try {
    return (
      found(await regionFromEcsFile(env), 'ECS metadata file') ??
      found(await regionFromEcs(env, ask), 'ECS metadata') ??
      found(await regionFromEc2(env, ask), 'EC2 metadata')
    );
  } finally {
    await http.close();
  }
}

/** us-east-1, us-gov-west-1, us-iso-east-1: other clouds answer at the same address with something else. */
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;

const found = (name: string | undefined, from: string): FoundRegion | undefined =>
  name && REGION.test(name) ? { name, from } : undefined;

interface Question {
  method?: 'GET' | 'PUT';
  headers?: Readonly<Record<string, string>>;
  /** No longer than this; else as long as there is time. */
  onlyMs?: number;
}
/** The body of a 200; undefined for anything else. */
type Ask = (url: string, question?: Question) => Promise<string | undefined>;

function askUntil(endsAtMs: number, http: HttpClient, clock: Clock): Ask {
  return async (url, { method = 'GET', headers = {}, onlyMs = LOOKUP_MS } = {}) => {
    const timeoutMs = Math.min(onlyMs, endsAtMs - clock.now());
    if (timeoutMs <= 0 || !URL.canParse(url)) return undefined;
    try {
      const { status, body } = await http.request({ method, url: new URL(url), headers, timeoutMs });
      return status === 200 ? Buffer.from(body).toString() : undefined;
    } catch {
      return undefined;
    }
  };
}

async function regionFromEcsFile(env: MetadataOptions['env']): Promise<string | undefined> {
  const path = env['ECS_CONTAINER_METADATA_FILE'];
  if (env['ECS_ENABLE_CONTAINER_METADATA']?.toLowerCase() !== 'true' || !path) return undefined;
  return regionOfTask(await readFile(path, 'utf8').catch(() => undefined));
}

/** Amazon ECS developer guide, task metadata endpoint version 4. */
async function regionFromEcs(env: MetadataOptions['env'], ask: Ask): Promise<string | undefined> {
  const base = env['ECS_CONTAINER_METADATA_URI_V4'];
  return base ? regionOfTask(await ask(`${base}/task`)) : undefined;
}

/** arn:partition:ecs:region:account:… */
function regionOfTask(json: string | undefined): string | undefined {
  const arn = member(json, 'TaskARN');
  return arn?.split(':')[3] || undefined;
}

/** EC2 user guide, instance metadata service. The variables are the AWS SDKs' own. */
async function regionFromEc2(env: MetadataOptions['env'], ask: Ask): Promise<string | undefined> {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
  const isIPv6 = env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6';
  const configured = env['AWS_EC2_METADATA_SERVICE_ENDPOINT'];
  const base = (configured || (isIPv6 ? IMDS_IPV6 : IMDS_IPV4)).replace(/\/+$/, '');

  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_TTL_SECONDS) };
  const token = await ask(`${base}/latest/api/token`, { method: 'PUT', headers: ttl, onlyMs: TOKEN_MS });
  const headers: Record<string, string> = token ? { 'x-aws-ec2-metadata-token': token } : {};
  const document = await ask(`${base}/latest/dynamic/instance-identity/document`, { headers });
  return (
    member(document, 'region') ??
    (await ask(`${base}/latest/meta-data/placement/region`, { headers }))?.trim()
  );
}

function member(json: string | undefined, name: string): string | undefined {
  try {
    const value = (JSON.parse(json ?? '') as Readonly<Record<string, unknown>> | null)?.[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
