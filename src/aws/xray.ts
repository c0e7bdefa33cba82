// Part of aws: X-Ray as the rest of sidecast sees it.
import type {
  GetSamplingRulesResult,
  GetSamplingTargetsRequest,
  GetSamplingTargetsResult,
} from '@aws-sdk/client-xray';
import type { HttpAnswer } from '../http/client.ts';
import type { AwsOptions } from './index.ts';
import { requestHandler } from './request-handler.ts';
import { createService } from './service.ts';

/** Failures are AwsError or HttpError. */
export interface XRay {
  region(): Promise<string>;
  accessKeyId(): Promise<string>;
  /** `body` is the request as the API takes it: `{"TraceSegmentDocuments":["…"]}`. */
  putTraceSegments(body: Uint8Array, signal?: AbortSignal): Promise<HttpAnswer>;
  getSamplingRules(nextToken?: string, signal?: AbortSignal): Promise<GetSamplingRulesResult>;
  getSamplingTargets(
    request: GetSamplingTargetsRequest,
    signal?: AbortSignal,
  ): Promise<GetSamplingTargetsResult>;
  close(): Promise<void>;
}

const JSON_HEADERS = { 'content-type': 'application/json' };
const CALL_TIMEOUT_MS = 5_000;

export function createXRay(options: AwsOptions): XRay {
  const sdk = () => import('@aws-sdk/client-xray');
  const service = createService({
    ...options,
    name: 'xray',
    endpoint: options.xrayEndpoint,
    async open() {
      const { XRayClient } = await sdk();
      return new XRayClient({
        ...(options.region ? { region: options.region } : {}),
        ...(options.xrayEndpoint ? { endpoint: options.xrayEndpoint.href } : {}),
        // A backend's AWS_ENDPOINT_URL means its DynamoDB Local.
        ignoreConfiguredEndpointUrls: true,
        maxAttempts: 1,
        requestHandler: requestHandler(options.http, CALL_TIMEOUT_MS),
      });
    },
  });

  return {
    region: service.region,
    accessKeyId: async () => (await service.identity()).accessKeyId,
    putTraceSegments: (body, signal) => service.post('/TraceSegments', JSON_HEADERS, body, signal),
    async getSamplingRules(nextToken, signal) {
      const { GetSamplingRulesCommand } = await sdk();
      const command = new GetSamplingRulesCommand(nextToken ? { NextToken: nextToken } : {});
      return service.call((client) => client.send(command, signal ? { abortSignal: signal } : {}));
    },
    async getSamplingTargets(request, signal) {
      const { GetSamplingTargetsCommand } = await sdk();
      const command = new GetSamplingTargetsCommand(request);
      return service.call((client) => client.send(command, signal ? { abortSignal: signal } : {}));
    },
    close: service.close,
  };
}
