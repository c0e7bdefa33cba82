// Part of aws: X-Ray's groups and sampling rules, as `provision` reads and changes them.
import type {
  CreateGroupRequest,
  CreateSamplingRuleRequest,
  GetGroupsResult,
  GetSamplingRulesResult,
  GroupSummary,
  SamplingRule,
  SamplingRuleUpdate,
  UpdateGroupRequest,
} from '@aws-sdk/client-xray';
import { AwsError } from './errors.ts';

/** Failures are AwsError or HttpError. */
export interface XRayControl {
  /** All of them, X-Ray's own included. */
  samplingRules(): Promise<readonly SamplingRule[]>;
  createSamplingRule(request: CreateSamplingRuleRequest): Promise<void>;
  updateSamplingRule(update: SamplingRuleUpdate): Promise<void>;
  deleteSamplingRule(name: string): Promise<void>;
  groups(): Promise<readonly GroupSummary[]>;
  createGroup(request: CreateGroupRequest): Promise<void>;
  updateGroup(request: UpdateGroupRequest): Promise<void>;
  deleteGroup(name: string): Promise<void>;
}

/** Far above what an account may have; an answer that never ends is no answer of X-Ray. */
const MAX_PAGES = 100;

/** Of either list. */
interface Page extends Omit<GetSamplingRulesResult & GetGroupsResult, 'NextToken'> {
  readonly NextToken?: string | null | undefined;
}

/** `ask` makes one call of the API and reads the JSON object that it answers. */
export function xrayControl(ask: (path: string, request: object) => Promise<object>): XRayControl {
  async function allPages(path: string): Promise<readonly Page[]> {
    const pages: Page[] = [];
    let token: Page['NextToken'];
    do {
      if (pages.length >= MAX_PAGES) throw new AwsError('unexpected', 'the list does not end');
      const page: Page = await ask(path, token ? { NextToken: token } : {});
      pages.push(page);
      token = page.NextToken;
    } while (token);
    return pages;
  }
  const tell = async (path: string, request: object) => void (await ask(path, request));

  return {
    async samplingRules() {
      const records = (await allPages('/GetSamplingRules')).flatMap((page) => page.SamplingRuleRecords ?? []);
      return records.flatMap(({ SamplingRule: rule }) => (rule ? [rule] : []));
    },
    createSamplingRule: (request) => tell('/CreateSamplingRule', request),
    updateSamplingRule: (SamplingRuleUpdate) => tell('/UpdateSamplingRule', { SamplingRuleUpdate }),
    deleteSamplingRule: (RuleName) => tell('/DeleteSamplingRule', { RuleName }),
    groups: async () => (await allPages('/Groups')).flatMap((page) => page.Groups ?? []),
    createGroup: (request) => tell('/CreateGroup', request),
    updateGroup: (request) => tell('/UpdateGroup', request),
    deleteGroup: (GroupName) => tell('/DeleteGroup', { GroupName }),
  };
}
