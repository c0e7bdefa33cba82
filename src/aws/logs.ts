// Part of aws: CloudWatch Logs as the rest of sidecast sees it.
import type { HttpAnswer } from '../http/client.ts';
import type { Place } from './caller.ts';
import { READS_FILES_AGAIN } from './credentials.ts';
import type { ServicesOptions } from './index.ts';
import { type LogsControl, logsControl } from './logs-control.ts';
import { requestHandler } from './request-handler.ts';
import { createService } from './service.ts';

export type LogClass = 'STANDARD' | 'INFREQUENT_ACCESS';

/** Failures are AwsError or HttpError. */
export interface Logs {
  region(): Promise<string>;
  /** Undefined as long as the region was not found. */
  knownRegion(): string | undefined;
  accessKeyId(): Promise<string>;
  /** `body` is the request as the API takes it: `{"logGroupName":"…","logStreamName":"…","logEvents":[…]}`. */
  putLogEvents(body: Uint8Array, signal?: AbortSignal): Promise<HttpAnswer>;
  createLogGroup(group: string, logClass: LogClass, signal?: AbortSignal): Promise<void>;
  createLogStream(group: string, stream: string, signal?: AbortSignal): Promise<void>;
  putRetentionPolicy(group: string, days: number, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const PUT_HEADERS = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'Logs_20140328.PutLogEvents',
};
const CALL_TIMEOUT_MS = 5_000;

export function createLogs(options: ServicesOptions): Logs & { control: LogsControl; place: Place } {
  const sdk = () => import('@aws-sdk/client-cloudwatch-logs');
  const service = createService({
    ...options,
    name: 'logs',
    endpoint: options.logsEndpoint,
    async open(region) {
      const { CloudWatchLogsClient } = await sdk();
      return new CloudWatchLogsClient({
        region,
        ...(options.logsEndpoint ? { endpoint: options.logsEndpoint.href } : {}),
        // A backend's AWS_ENDPOINT_URL means its DynamoDB Local.
        ignoreConfiguredEndpointUrls: true,
        ...READS_FILES_AGAIN,
        maxAttempts: 1,
        requestHandler: requestHandler(options.http, CALL_TIMEOUT_MS),
      });
    },
  });
  const sendOptions = (signal?: AbortSignal) => (signal ? { abortSignal: signal } : {});

  return {
    region: service.region,
    knownRegion: () => options.regions.known,
    accessKeyId: async () => (await service.identity()).accessKeyId,
    putLogEvents: (body, signal) => service.post('/', PUT_HEADERS, body, signal),
    async createLogGroup(logGroupName, logGroupClass, signal) {
      const { CreateLogGroupCommand } = await sdk();
      await service.call((client) =>
        client.send(new CreateLogGroupCommand({ logGroupName, logGroupClass }), sendOptions(signal)),
      );
    },
    async createLogStream(logGroupName, logStreamName, signal) {
      const { CreateLogStreamCommand } = await sdk();
      const command = new CreateLogStreamCommand({ logGroupName, logStreamName });
      await service.call((client) => client.send(command, sendOptions(signal)));
    },
    async putRetentionPolicy(logGroupName, retentionInDays, signal) {
      const { PutRetentionPolicyCommand } = await sdk();
      const command = new PutRetentionPolicyCommand({ logGroupName, retentionInDays });
      await service.call((client) => client.send(command, sendOptions(signal)));
    },
    control: logsControl(service),
    place: service,
    close: service.close,
  };
}
