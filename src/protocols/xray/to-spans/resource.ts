// Part of protocols/xray: what a segment says about where it ran, as resource attributes.
import type { Resource } from '../../../model/otlp.ts';
import { asObject, asObjects, asText, type JsonObject } from '../json.ts';
import { isIndependentSubsegment, type Segment } from '../segment.ts';
import { type AttributeMap, put, toAttribute } from './attributes.ts';

const LANGUAGES: Readonly<Record<string, string>> = {
  python: 'python',
  'node.js': 'nodejs',
  java: 'java',
  go: 'go',
  ruby: 'ruby',
  '.net': 'dotnet',
};

/** Members of `aws.<block>` and the resource attribute that means the same. */
const PLACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ec2: {
    instance_id: 'host.id',
    instance_size: 'host.type',
    ami_id: 'host.image.id',
    availability_zone: 'cloud.availability_zone',
  },
  ecs: {
    container: 'container.name',
    container_id: 'container.id',
    container_arn: 'aws.ecs.container.arn',
    task_arn: 'aws.ecs.task.arn',
    task_family: 'aws.ecs.task.family',
    cluster_arn: 'aws.ecs.cluster.arn',
    launch_type: 'aws.ecs.launchtype',
    availability_zone: 'cloud.availability_zone',
  },
  eks: { cluster_name: 'k8s.cluster.name', pod: 'k8s.pod.name', container_id: 'container.id' },
  elastic_beanstalk: {
    environment_name: 'service.namespace',
    version_label: 'service.version',
    deployment_id: 'service.instance.id',
  },
};

const PLATFORMS: readonly (readonly [prefix: string, platform: string])[] = [
  ['AWS::EC2::', 'aws_ec2'],
  ['AWS::ECS::', 'aws_ecs'],
  ['AWS::EKS::', 'aws_eks'],
  ['AWS::ElasticBeanstalk::', 'aws_elastic_beanstalk'],
  ['AWS::AppRunner::', 'aws_app_runner'],
  ['AWS::Lambda::', 'aws_lambda'],
];

/** `X-Ray for Python` → `python`, as `telemetry.sdk.language` says it. */
export function languageOf(segment: Segment): string | undefined {
  const sdk = asText(asObject(asObject(segment.aws)?.['xray'])?.['sdk']);
  return LANGUAGES[/ for (\S+)/.exec(sdk ?? '')?.[1]?.toLowerCase() ?? ''];
}

export function segmentResource(
  segment: Segment,
  language: string | undefined,
  serviceName: string | undefined,
): Resource {
  const attributes: AttributeMap = new Map();
  const aws = asObject(segment.aws);
  // A segment's name is its service. A lone subsegment is named after what it calls, e.g. DynamoDB.
  const name = isIndependentSubsegment(segment) ? serviceName : asText(segment.name);
  put(attributes, 'service.name', name);
  putService(attributes, asObject(segment.service));
  putSdk(attributes, asObject(aws?.['xray']), language);
  putPlace(attributes, segment, aws);
  put(attributes, 'aws.xray.resource_arn', asText(segment.resource_arn));
  putLogGroups(attributes, aws?.['cloudwatch_logs']);
  return { attributes };
}

function putService(attributes: AttributeMap, service: JsonObject | undefined): void {
  put(attributes, 'service.version', knownText(service?.['version']));
  put(attributes, 'aws.xray.service.name', knownText(service?.['name']));
  put(attributes, 'process.runtime.name', asText(service?.['runtime']));
  put(attributes, 'process.runtime.version', asText(service?.['runtime_version']));
  put(attributes, 'aws.xray.service.compiler', asText(service?.['compiler']));
  put(attributes, 'aws.xray.service.compiler_version', asText(service?.['compiler_version']));
}

/** Node writes `unknown` where package.json says nothing. */
function knownText(value: unknown): string | undefined {
  return value === 'unknown' ? undefined : asText(value);
}

function putSdk(attributes: AttributeMap, xray: JsonObject | undefined, language: string | undefined): void {
  put(attributes, 'telemetry.sdk.name', asText(xray?.['sdk']));
  put(attributes, 'telemetry.sdk.version', asText(xray?.['sdk_version']));
  put(attributes, 'telemetry.sdk.language', language);
  put(attributes, 'aws.xray.package', asText(xray?.['package']));
  put(attributes, 'telemetry.auto.version', xray?.['auto_instrumentation'] === true ? 'unknown' : undefined);
}

function putPlace(attributes: AttributeMap, segment: Segment, aws: JsonObject | undefined): void {
  for (const [block, names] of Object.entries(PLACES)) {
    const members = asObject(aws?.[block]);
    for (const [member, value] of Object.entries(members ?? {})) {
      put(attributes, names[member] ?? `aws.xray.${block}.${member}`, toAttribute(value));
    }
  }
  put(
    attributes,
    'cloud.account.id',
    isIndependentSubsegment(segment) ? undefined : asText(aws?.['account_id']),
  );
  const deployment = attributes.get('service.instance.id');
  // X-Ray has it as a number, OTel as text.
  if (typeof deployment === 'number') attributes.set('service.instance.id', String(deployment));
  const origin = asText(segment.origin);
  if (origin === undefined) return;
  attributes.set('aws.xray.origin', origin);
  if (origin.startsWith('AWS::')) attributes.set('cloud.provider', 'aws');
  put(attributes, 'cloud.platform', PLATFORMS.find(([prefix]) => origin.startsWith(prefix))?.[1]);
}

function putLogGroups(attributes: AttributeMap, value: unknown): void {
  const groups = asObjects(value);
  const names = groups.flatMap((group) => asText(group['log_group']) ?? []);
  const arns = groups.flatMap((group) => asText(group['arn']) ?? []);
  if (names.length > 0) attributes.set('aws.log.group.names', names);
  if (arns.length > 0) attributes.set('aws.log.group.arns', arns);
}
