// Part of the sandbox: requests of X-Ray's control plane, as AWS publishes them (service model xray 2016-04-12).
import type { Shape, Structure } from './shape.ts';

const ANY: Shape = { type: 'string' };
const INTEGER: Shape = { type: 'integer' };
const COUNT: Shape = { type: 'integer', min: 0 };
const BOOLEAN: Shape = { type: 'boolean' };
const TIME: Shape = { type: 'timestamp' };
const upTo = (max: number): Shape => ({ type: 'string', max });
const name = (max: number): Shape => ({ type: 'string', min: 1, max });
const structure = (members: Structure['members'], ...required: string[]): Structure => ({
  type: 'structure',
  members,
  required,
});
const list = (of: Shape, max?: number): Shape => ({
  type: 'list',
  of,
  ...(max === undefined ? {} : { max }),
});

const TAGS = list(structure({ Key: name(128), Value: upTo(256) }, 'Key', 'Value'), 200);
const PATTERNS = {
  ResourceARN: upTo(500),
  ServiceName: upTo(64),
  ServiceType: upTo(64),
  Host: upTo(64),
  HTTPMethod: upTo(10),
  URLPath: upTo(128),
};
const RULE = {
  RuleName: name(32),
  RuleARN: ANY,
  ...PATTERNS,
  Priority: { type: 'integer', min: 1, max: 9999 },
  FixedRate: { type: 'double', min: 0, max: 1 },
  ReservoirSize: COUNT,
  Attributes: { type: 'map', key: name(32), value: name(32), max: 5 },
  SamplingRateBoost: structure(
    { MaxRate: { type: 'double', min: 0, max: 1 }, CooldownWindowMinutes: COUNT },
    'MaxRate',
    'CooldownWindowMinutes',
  ),
} satisfies Structure['members'];
const INSIGHTS = structure({ InsightsEnabled: BOOLEAN, NotificationsEnabled: BOOLEAN });
const GROUP = { GroupName: name(32), GroupARN: name(400) };

const STATISTICS = structure(
  {
    RuleName: name(32),
    ClientID: { type: 'string', min: 24, max: 24 },
    Timestamp: TIME,
    RequestCount: COUNT,
    SampledCount: COUNT,
    BorrowCount: COUNT,
  },
  ...['RuleName', 'ClientID', 'Timestamp', 'RequestCount', 'SampledCount'],
);
const BOOST_STATISTICS = structure(
  {
    RuleName: name(32),
    ServiceName: upTo(64),
    Timestamp: TIME,
    AnomalyCount: COUNT,
    TotalCount: COUNT,
    SampledAnomalyCount: COUNT,
  },
  ...['RuleName', 'ServiceName', 'Timestamp', 'AnomalyCount', 'TotalCount', 'SampledAnomalyCount'],
);
const TELEMETRY = structure(
  {
    Timestamp: TIME,
    SegmentsReceivedCount: INTEGER,
    SegmentsSentCount: INTEGER,
    SegmentsSpilloverCount: INTEGER,
    SegmentsRejectedCount: INTEGER,
    BackendConnectionErrors: structure({
      TimeoutCount: INTEGER,
      ConnectionRefusedCount: INTEGER,
      HTTPCode4XXCount: INTEGER,
      HTTPCode5XXCount: INTEGER,
      UnknownHostCount: INTEGER,
      OtherCount: INTEGER,
    }),
  },
  'Timestamp',
);

/** By the path of the operation. */
export const REQUESTS = {
  '/GetSamplingRules': structure({ NextToken: ANY }),
  '/CreateSamplingRule': structure(
    {
      SamplingRule: structure(
        { ...RULE, Version: { type: 'integer', min: 1 } },
        ...['ResourceARN', 'Priority', 'FixedRate', 'ReservoirSize', 'ServiceName', 'ServiceType'],
        ...['Host', 'HTTPMethod', 'URLPath', 'Version'],
      ),
      Tags: TAGS,
    },
    'SamplingRule',
  ),
  '/UpdateSamplingRule': structure({ SamplingRuleUpdate: structure(RULE) }, 'SamplingRuleUpdate'),
  '/DeleteSamplingRule': structure({ RuleName: ANY, RuleARN: ANY }),
  '/SamplingTargets': structure(
    {
      SamplingStatisticsDocuments: list(STATISTICS, 25),
      SamplingBoostStatisticsDocuments: list(BOOST_STATISTICS, 25),
    },
    'SamplingStatisticsDocuments',
  ),
  '/Groups': structure({ NextToken: name(100) }),
  '/GetGroup': structure(GROUP),
  '/CreateGroup': structure(
    { GroupName: name(32), FilterExpression: ANY, InsightsConfiguration: INSIGHTS, Tags: TAGS },
    'GroupName',
  ),
  '/UpdateGroup': structure({ ...GROUP, FilterExpression: ANY, InsightsConfiguration: INSIGHTS }),
  '/DeleteGroup': structure(GROUP),
  '/TelemetryRecords': structure(
    {
      TelemetryRecords: list(TELEMETRY),
      EC2InstanceId: upTo(20),
      Hostname: upTo(255),
      ResourceARN: upTo(500),
    },
    'TelemetryRecords',
  ),
} satisfies Readonly<Record<string, Structure>>;

export type ControlPath = keyof typeof REQUESTS;
