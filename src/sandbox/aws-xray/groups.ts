// Part of the sandbox: X-Ray's groups: the one that every account has, and those that are made (X-Ray API reference).
import { asObject } from '../vendor.ts';
import { type Fields, identified, invalid, isError, type Outcome } from './outcome.ts';

/** AWS General Reference, X-Ray quotas. */
const MAX_GROUPS = 25;
const ARN = 'arn:aws:xray:us-east-1:000000000000:group/';

interface Group {
  GroupName: string;
  GroupARN: string;
  FilterExpression: string;
  InsightsConfiguration: { InsightsEnabled: boolean; NotificationsEnabled: boolean };
}

export class Groups {
  readonly #groups = new Map<string, Group>();
  #made = 0;

  constructor() {
    this.#put({ GroupName: 'Default' });
  }

  list(): Outcome {
    return { value: { Groups: [...this.#groups.values()], NextToken: null } };
  }

  get(request: Fields): Outcome {
    const group = this.#find(request);
    return isError(group) ? group : { value: { Group: group } };
  }

  create(request: Fields): Outcome {
    const name = String(request['GroupName']);
    if (this.#groups.has(name)) return invalid('The name of the group is already in use.');
    if (this.#groups.size > MAX_GROUPS) return invalid('You have reached the maximum number of groups.');
    return this.#put({ ...request, GroupName: name });
  }

  update(request: Fields): Outcome {
    const group = this.#find(request);
    if (isError(group)) return group;
    if (group.GroupName === 'Default' && (request['FilterExpression'] ?? null) !== null)
      return invalid('The default group has no filter expression.');
    return this.#put({ ...request, GroupName: group.GroupName }, group);
  }

  remove(request: Fields): Outcome {
    const group = this.#find(request);
    if (isError(group)) return group;
    if (group.GroupName === 'Default') return invalid('The default group cannot be deleted.');
    this.#groups.delete(group.GroupName);
    return { value: {} };
  }

  #find(request: Fields) {
    return identified(request, 'Group', this.#groups, ({ GroupARN }) => GroupARN);
  }

  /** What is not given stays as it was. */
  #put(given: Fields & { GroupName: string }, before?: Group): Outcome {
    const insights = asObject(given['InsightsConfiguration']) ?? {};
    const known = before?.InsightsConfiguration;
    const InsightsEnabled = Boolean(insights['InsightsEnabled'] ?? known?.InsightsEnabled);
    const NotificationsEnabled = Boolean(insights['NotificationsEnabled'] ?? known?.NotificationsEnabled);
    if (NotificationsEnabled && !InsightsEnabled)
      return invalid('Notifications can only be enabled on a group with InsightsEnabled set to true.');
    const group: Group = {
      GroupName: given.GroupName,
      GroupARN: before?.GroupARN ?? `${ARN}${given.GroupName}/SANDBOX${this.#made++}`,
      FilterExpression: String(given['FilterExpression'] ?? before?.FilterExpression ?? ''),
      InsightsConfiguration: { InsightsEnabled, NotificationsEnabled },
    };
    this.#groups.set(group.GroupName, group);
    return { value: { Group: group } };
  }
}
