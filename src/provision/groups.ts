// Part of provision: X-Ray's groups, as `aws xray create-group --cli-input-json` takes them.
import { asJsonObject, type JsonObject } from '../config/json.ts';
import { checkMembers, isBoolean, type Members, textUpTo } from '../config/members.ts';
import type { Problem } from '../config/problems.ts';
import { type Fields, given, type Kind } from './kind.ts';
import { TAG_LIST } from './tags.ts';

const INSIGHTS = 'InsightsConfiguration';

/** Service model xray 2016-04-12. */
const MEMBERS: Members = {
  GroupName: { complaint: textUpTo(32), example: '"backend"' },
  FilterExpression: {
    complaint: (value) => (typeof value === 'string' ? undefined : 'expected a text'),
    isOptional: true,
    example: `"service(\\"backend\\")"`,
  },
  [INSIGHTS]: {
    complaint: (value) => (asJsonObject(value) ? undefined : 'expected an object'),
    isOptional: true,
    example: '{"InsightsEnabled": true}',
  },
  Tags: TAG_LIST,
};
const INSIGHTS_MEMBERS: Members = {
  InsightsEnabled: { complaint: isBoolean, isOptional: true, example: 'true' },
  NotificationsEnabled: { complaint: isBoolean, isOptional: true, example: 'true' },
};

/** What X-Ray may leave out of its answers. */
const NOTHING_SAID = { FilterExpression: '', [INSIGHTS]: { InsightsEnabled: false } };

export const groups: Kind = {
  id: 'group',
  title: 'group',
  mark: 'GroupName',
  check({ value, at }) {
    const insights = asJsonObject(value[INSIGHTS]) ?? {};
    const problems = [
      ...checkMembers(value, MEMBERS, (member) => at(member)),
      ...checkMembers(insights, INSIGHTS_MEMBERS, (member) => at(INSIGHTS, member)),
    ];
    return problems.length > 0 ? problems : notifications(insights, at(INSIGHTS, 'NotificationsEnabled'));
  },
  nameOf,
  fieldsOf,
  fixed: [],
  isReserved: (name) => name === 'Default',
  async read({ xrayControl }) {
    const found = await xrayControl.groups();
    return new Map(found.map((group) => [group.GroupName ?? '', fieldsOf({ ...NOTHING_SAID, ...group })]));
  },
  create: ({ xrayControl }, value) => xrayControl.createGroup({ ...value, GroupName: nameOf(value) }),
  async update({ xrayControl }, value) {
    const { Tags: _, ...group } = value;
    const insights = insightsIn(group);
    await xrayControl.updateGroup({ ...group, ...(insights && { [INSIGHTS]: insights }) });
  },
  remove: ({ xrayControl }, name) => xrayControl.deleteGroup(name),
  permissions: 'xray:GetGroups, xray:CreateGroup, xray:UpdateGroup and xray:DeleteGroup',
};

function nameOf(group: JsonObject): string {
  return String(group['GroupName']);
}

function notifications(insights: JsonObject, source: string): Problem[] {
  if (insights['NotificationsEnabled'] !== true || insights['InsightsEnabled'] === true) return [];
  const message = 'X-Ray notifies only where insights are enabled';
  const fix = 'Set InsightsEnabled to true as well.';
  return [{ option: 'NotificationsEnabled', source, value: 'true', message, fix }];
}

function fieldsOf(group: JsonObject): Fields {
  const insights = given(insightsIn(group) ?? {}, Object.keys(INSIGHTS_MEMBERS));
  return new Map([
    ...given(group, ['FilterExpression']),
    ...insights.map(([name, value]) => [`${INSIGHTS}.${name}`, value] as const),
  ]);
}

/** Without insights there are no notifications: X-Ray refuses the one without the other. */
function insightsIn(group: JsonObject): JsonObject | undefined {
  const insights = asJsonObject(group[INSIGHTS]);
  return insights?.['InsightsEnabled'] === false ? { NotificationsEnabled: false, ...insights } : insights;
}
