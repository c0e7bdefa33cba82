// Part of aws: X-Ray as the rest of sidecast sees it.
import { arch, platform } from 'node:os';
import type { HttpAnswer } from '../http/client.ts';
import { letOthersIn } from '../model/let-others-in.ts';
import type { Place } from './caller.ts';
import { type ConnectionErrors, countConnectionError, noConnectionErrors } from './connection-errors.ts';
import { READS_FILES_AGAIN } from './credentials.ts';
import { AwsError } from './errors.ts';
import type { ServicesOptions } from './index.ts';
import { requestHandler } from './request-handler.ts';
import { createService } from './service.ts';
import { type XRayControl, xrayControl } from './xray-control.ts';

/** Failures are AwsError or HttpError. */
export interface XRay {
  region(): Promise<string>;
  /** Undefined as long as the region was not found. */
  knownRegion(): string | undefined;
  accessKeyId(): Promise<string>;
  /** `body` is the request as the API takes it: `{"TraceSegmentDocuments":["…"]}`. */
  putTraceSegments(body: Uint8Array, signal?: AbortSignal): Promise<HttpAnswer>;
  /** One page, as the API sends it: what we do not know stays in it, for the SDKs that do. */
  getSamplingRules(nextToken?: string, signal?: AbortSignal): Promise<SamplingRulesPage>;
  /** `request` is GetSamplingTargets' own; so is the answer. */
  getSamplingTargets(request: object, signal?: AbortSignal): Promise<unknown>;
  putTelemetryRecords(request: TelemetryRequest, signal?: AbortSignal): Promise<void>;
  /** How putTraceSegments failed so far. */
  connectionErrors(): ConnectionErrors;
  close(): Promise<void>;
}

/** Lengths: EC2InstanceId 20, Hostname 255, ResourceARN 500 (service model xray 2016-04-12). */
export interface TelemetryRequest {
  TelemetryRecords: readonly TelemetryRecord[];
  EC2InstanceId?: string;
  Hostname?: string;
  ResourceARN?: string;
}

export interface TelemetryRecord {
  /** Seconds since the epoch. */
  Timestamp: number;
  SegmentsReceivedCount: number;
  SegmentsSentCount: number;
  SegmentsSpilloverCount: number;
  SegmentsRejectedCount: number;
  BackendConnectionErrors: ConnectionErrors;
}

export interface SamplingRulesPage {
  readonly NextToken?: string | null;
  readonly SamplingRuleRecords?: readonly { readonly SamplingRule?: Readonly<Record<string, unknown>> }[];
}

const JSON_HEADERS = { 'content-type': 'application/json' };
const CALL_TIMEOUT_MS = 5_000;

export function createXRay(options: ServicesOptions): XRay & { control: XRayControl; place: Place } {
  const sdk = async () => {
    await letOthersIn();
    return import('@aws-sdk/client-xray');
  };
  const http = options.xrayHttp ?? options.http;
  const errors = noConnectionErrors();
  const service = createService({
    ...options,
    name: 'xray',
    userAgent: `${options.userAgent} ${daemonStyle(options)}`,
    endpoint: options.xrayEndpoint,
    role: options.xrayRole,
    http,
    async open(region) {
      const { XRayClient } = await sdk();
      return new XRayClient({
        region,
        ...(options.xrayEndpoint ? { endpoint: options.xrayEndpoint.href } : {}),
        // A backend's AWS_ENDPOINT_URL means its DynamoDB Local.
        ignoreConfiguredEndpointUrls: true,
        ...READS_FILES_AGAIN,
        maxAttempts: 1,
        requestHandler: requestHandler(http, CALL_TIMEOUT_MS),
      });
    },
  });

  const ask = async (path: string, request: object, signal?: AbortSignal) =>
    objectOf(await service.post(path, JSON_HEADERS, jsonBytes(request), signal));

  return {
    region: service.region,
    knownRegion: () => options.regions.known,
    accessKeyId: async () => (await service.identity()).accessKeyId,
    async putTraceSegments(body, signal) {
      // The daemon tells X-Ray its time like this.
      const timestamp = (options.clock.now() / 1000).toFixed(9);
      const headers = { ...JSON_HEADERS, 'x-amzn-xray-timestamp': timestamp };
      try {
        return await service.post('/TraceSegments', headers, body, signal);
      } catch (error) {
        countConnectionError(errors, error);
        throw error;
      }
    },
    getSamplingRules: async (nextToken, signal) =>
      (await ask(
        '/GetSamplingRules',
        nextToken ? { NextToken: nextToken } : {},
        signal,
      )) as SamplingRulesPage,
    getSamplingTargets: (request, signal) => ask('/SamplingTargets', request, signal),
    async putTelemetryRecords(request, signal) {
      await ask('/TelemetryRecords', request, signal);
    },
    connectionErrors: () => ({ ...errors }),
    control: xrayControl(ask),
    place: service,
    close: service.close,
  };
}

/** Go's words for systems and processors. */
const GO_NAMES: Readonly<Record<string, string>> = { win32: 'windows', x64: 'amd64', ia32: '386' };

/** As the daemon and the OpenTelemetry collector say who sends: each its own name in the same place. */
function daemonStyle({ userAgent, executionEnv = 'UNKNOWN' }: ServicesOptions): string {
  const [os, processor] = [platform(), arch()].map((name) => GO_NAMES[name] ?? name);
  return `xray-agent/${userAgent} exec-env/${executionEnv} OS/${os}-${processor}`;
}

const jsonBytes = (value: object): Buffer => Buffer.from(JSON.stringify(value));

function objectOf({ status, body }: HttpAnswer): object {
  const text = Buffer.from(body).toString();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new AwsError('unexpected', 'the answer is no JSON object', { status, body: text });
}
