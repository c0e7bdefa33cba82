// Part of aws: log groups, as `provision` reads and makes them.
import type {
  CloudWatchLogsClient,
  CreateLogGroupRequest,
  DescribeLogGroupsCommandOutput,
  LogGroup,
  PutRetentionPolicyRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Service } from './service.ts';

/** Failures are AwsError or HttpError. */
export interface LogsControl {
  /** Undefined when there is no such group. */
  logGroup(name: string): Promise<LogGroup | undefined>;
  createLogGroup(request: CreateLogGroupRequest): Promise<void>;
  putRetentionPolicy(request: PutRetentionPolicyRequest): Promise<void>;
}

export function logsControl(service: Pick<Service<CloudWatchLogsClient>, 'call'>): LogsControl {
  const sdk = () => import('@aws-sdk/client-cloudwatch-logs');
  return {
    async logGroup(name) {
      const { DescribeLogGroupsCommand } = await sdk();
      let nextToken: string | undefined;
      do {
        const command = new DescribeLogGroupsCommand({ logGroupNamePrefix: name, nextToken });
        const page: DescribeLogGroupsCommandOutput = await service.call((client) => client.send(command));
        const found = page.logGroups?.find(({ logGroupName }) => logGroupName === name);
        if (found) return found;
        nextToken = page.nextToken;
      } while (nextToken);
      return undefined;
    },
    async createLogGroup(request) {
      const { CreateLogGroupCommand } = await sdk();
      await service.call((client) => client.send(new CreateLogGroupCommand(request)));
    },
    async putRetentionPolicy(request) {
      const { PutRetentionPolicyCommand } = await sdk();
      await service.call((client) => client.send(new PutRetentionPolicyCommand(request)));
    },
  };
}
