// Part of provision: log groups, as `aws logs create-log-group` and `put-retention-policy` take them, in one object.
import type { JsonObject } from '../config/json.ts';
import { checkMembers, type Members, oneOf, textUpTo } from '../config/members.ts';
import { LOG_GROUP_NAME, RETENTION_DAYS } from '../exporters/aws-cloudwatch-logs/config.ts';
import { type Account, type Fields, given, type Kind } from './kind.ts';
import { TAG_MAP } from './tags.ts';

const MADE_WITH = ['logGroupClass', 'kmsKeyId'];

/** Service model logs 2014-03-28. */
const MEMBERS: Members = {
  logGroupName: {
    complaint: (value) =>
      LOG_GROUP_NAME.test(String(value))
        ? undefined
        : 'expected 1 to 512 letters, digits and _ / . # -, not starting with aws/',
    example: '"cruddur"',
  },
  retentionInDays: { complaint: oneOf(RETENTION_DAYS), isOptional: true, example: '30' },
  logGroupClass: {
    complaint: oneOf(['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY', 'ESSENTIALS']),
    isOptional: true,
    example: '"STANDARD"',
  },
  kmsKeyId: { complaint: textUpTo(256), isOptional: true, example: 'the ARN of a key' },
  tags: TAG_MAP,
};

export const logGroups: Kind = {
  id: 'log-group',
  title: 'log group',
  mark: 'logGroupName',
  check: ({ value, at }) => checkMembers(value, MEMBERS, (member) => at(member)),
  nameOf,
  fieldsOf,
  fixed: MADE_WITH,
  isReserved: () => false,
  /** Others are nobody's business here: an account has many, and they hold data. */
  async read({ logsControl }, names) {
    const found = await Promise.all(names.map((name) => logsControl.logGroup(name)));
    return new Map(
      found.flatMap((group) => (group ? [[group.logGroupName ?? '', fieldsOf({ ...group })] as const] : [])),
    );
  },
  async create(account, value) {
    const { retentionInDays, ...group } = value;
    await account.logsControl.createLogGroup({ ...group, logGroupName: nameOf(value) });
    if ((retentionInDays ?? null) !== null) await putRetention(account, value);
  },
  update: putRetention,
  permissions: 'logs:DescribeLogGroups, logs:CreateLogGroup and logs:PutRetentionPolicy',
};

function nameOf(group: JsonObject): string {
  return String(group['logGroupName']);
}

async function putRetention({ logsControl }: Account, value: JsonObject): Promise<void> {
  const retentionInDays = Number(value['retentionInDays']);
  await logsControl.putRetentionPolicy({ logGroupName: nameOf(value), retentionInDays });
}

function fieldsOf(group: JsonObject): Fields {
  return new Map(given(group, ['retentionInDays', ...MADE_WITH]));
}
