// Part of protocols/xray: what a resource contributes to every document of its spans, worked out once per resource.
import type { Attributes, Resource } from '../../../model/otlp.ts';
import { cleanName } from './name.ts';
import { createReader, peekText, type Reader, shorten, takeText } from './reader.ts';
import { toJsonValue } from './values.ts';

type Block = Readonly<Record<string, unknown>>;

export interface ResourceParts {
  attributes: Attributes;
  /** Cleaned; '' when the resource has none. */
  serviceName: string;
  language: string | undefined;
  origin: string | undefined;
  service: Block | undefined;
  /** The aws block of a segment: xray, ecs, ec2, eks, elastic_beanstalk, cloudwatch_logs, account. */
  aws: Block;
  /** The xray block alone, for subsegments. */
  xray: Block;
  /** Attributes without a field of their own. */
  metadata: Block | undefined;
}

/** `ours`: log groups for a resource that names none. */
export function createResourceParts(ours: readonly string[]): (resource: Resource) => ResourceParts {
  /** Spans of one request share the object, so the parts are worked out once per group. */
  const known = new WeakMap<Resource, ResourceParts>();
  return (resource) => {
    let parts = known.get(resource);
    if (!parts) {
      parts = build(resource, ours);
      known.set(resource, parts);
    }
    return parts;
  };
}

function build(resource: Resource, ours: readonly string[]): ResourceParts {
  const reader = createReader(resource.attributes);
  const language = takeText(reader, 'telemetry.sdk.language');
  const serviceName = cleanName(takeText(reader, 'service.name') ?? '');
  const xray = defined({
    sdk: sdkName(takeText(reader, 'telemetry.sdk.name'), language),
    sdk_version: takeText(reader, 'telemetry.sdk.version'),
    auto_instrumentation: resource.attributes.has('telemetry.auto.version') ? true : undefined,
  });
  const service = defined({
    version: takeText(reader, 'service.version', 'container.image.tag') ?? firstImageTag(reader),
    runtime: takeText(reader, 'process.runtime.name'),
    runtime_version: takeText(reader, 'process.runtime.version'),
  });
  const origin = originOf(reader);
  const aws = {
    ...awsPlace(reader),
    cloudwatch_logs:
      logGroups(reader) ?? (ours.length === 0 ? undefined : ours.map((name) => ({ log_group: name }))),
    xray: xray ?? {},
  };
  return {
    attributes: resource.attributes,
    serviceName,
    language,
    origin,
    service,
    aws,
    xray: { xray: xray ?? {} },
    metadata: restOf(reader),
  };
}

function firstImageTag({ attributes }: Reader): string | undefined {
  const tags = attributes.get('container.image.tags');
  const first: unknown = Array.isArray(tags) ? tags[0] : undefined;
  return typeof first === 'string' ? shorten(first) : undefined;
}

function sdkName(name: string | undefined, language: string | undefined): string {
  const sdk = name ?? 'opentelemetry';
  return language === undefined ? sdk : `${sdk} for ${language}`;
}

function originOf(reader: Reader): string | undefined {
  const origin = takeText(reader, 'aws.xray.origin');
  if (origin !== undefined) return origin;
  if ((peekText(reader, 'cloud.provider') ?? 'aws') !== 'aws') return undefined;
  switch (peekText(reader, 'cloud.platform')) {
    case 'aws_ec2':
      return 'AWS::EC2::Instance';
    case 'aws_ecs': {
      const launchType = peekText(reader, 'aws.ecs.launchtype')?.toLowerCase();
      if (launchType === 'fargate') return 'AWS::ECS::Fargate';
      return launchType === 'ec2' ? 'AWS::ECS::EC2' : 'AWS::ECS::Container';
    }
    case 'aws_eks':
      return 'AWS::EKS::Container';
    case 'aws_elastic_beanstalk':
      return 'AWS::ElasticBeanstalk::Environment';
    case 'aws_app_runner':
      return 'AWS::AppRunner::Service';
    default:
      return undefined;
  }
}

function awsPlace(reader: Reader): Block {
  if ((peekText(reader, 'cloud.provider') ?? 'aws') !== 'aws') return {};
  const platform = peekText(reader, 'cloud.platform');
  const onEc2 = platform === 'aws_ec2';
  const onEcs = platform === 'aws_ecs' || reader.attributes.has('aws.ecs.task.arn');
  const onEks = platform === 'aws_eks';
  const onBeanstalk = platform === 'aws_elastic_beanstalk';
  const block = {
    account_id: takeText(reader, 'cloud.account.id'),
    ec2: onEc2
      ? defined({
          instance_id: takeText(reader, 'host.id'),
          instance_size: takeText(reader, 'host.type'),
          ami_id: takeText(reader, 'host.image.id'),
          availability_zone: takeText(reader, 'cloud.availability_zone'),
        })
      : undefined,
    ecs: onEcs
      ? defined({
          container: takeText(reader, 'container.name'),
          container_id: takeText(reader, 'container.id'),
          container_arn: takeText(reader, 'aws.ecs.container.arn'),
          task_arn: takeText(reader, 'aws.ecs.task.arn'),
          task_family: takeText(reader, 'aws.ecs.task.family'),
          cluster_arn: takeText(reader, 'aws.ecs.cluster.arn'),
          launch_type: takeText(reader, 'aws.ecs.launchtype'),
          availability_zone: takeText(reader, 'cloud.availability_zone'),
        })
      : undefined,
    eks: onEks
      ? defined({
          cluster_name: takeText(reader, 'k8s.cluster.name', 'aws.eks.cluster.name'),
          pod: takeText(reader, 'k8s.pod.name'),
          container_id: takeText(reader, 'container.id'),
        })
      : undefined,
    elastic_beanstalk: onBeanstalk
      ? defined({
          environment_name: takeText(reader, 'service.namespace'),
          version_label: peekText(reader, 'service.version'),
          deployment_id: Number(peekText(reader, 'service.instance.id')) || undefined,
        })
      : undefined,
  };
  return defined(block) ?? {};
}

/** So that the X-Ray console finds the logs of a trace. */
function logGroups(reader: Reader): readonly Block[] | undefined {
  const texts = (key: string) => {
    const value = reader.attributes.get(key);
    const list = typeof value === 'string' ? value.split('&') : Array.isArray(value) ? value : [];
    return list.filter((text): text is string => typeof text === 'string' && text !== '');
  };
  const arns = texts('aws.log.group.arns').map((arn) => ({ log_group: arn.split(':')[6], arn }));
  const groups = arns.length > 0 ? arns : texts('aws.log.group.names').map((name) => ({ log_group: name }));
  if (groups.length === 0) return undefined;
  reader.used.add('aws.log.group.arns').add('aws.log.group.names');
  return groups;
}

function restOf(reader: Reader): Block | undefined {
  const rest: Record<string, unknown> = {};
  for (const [key, value] of reader.attributes) if (!reader.used.has(key)) rest[key] = toJsonValue(value);
  return defined(rest);
}

/** Without the members that are undefined; undefined when none is left. */
function defined(block: Block): Block | undefined {
  const members = Object.entries(block).filter(([, value]) => value !== undefined);
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
