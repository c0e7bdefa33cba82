// Part of the tests: no row of the mapping tables is without a golden pair: neither a field of the schema nor an attribute that the code knows.
import { describe, expect, it } from 'vitest';
import { BASE_DOCUMENT, BASE_SEGMENT, BASE_SPAN, segmentPairs, spanPairs } from './golden.ts';
import { knownAttributes } from './known-attributes.ts';

/** X-Ray's schema (developer guide, "segment documents"; for what the SDKs add, facts on the daemon, section 5). */
const WHAT_BOTH_HAVE = `
  name id trace_id parent_id type start_time end_time in_progress namespace user origin fault error throttle
  http.request.method http.request.url http.request.user_agent http.request.client_ip http.request.x_forwarded_for
  http.response.status http.response.content_length
  aws.account_id aws.operation aws.region aws.request_id aws.id_2 aws.queue_url aws.table_name aws.table_names aws.retries
  aws.cloudwatch_logs.log_group aws.cloudwatch_logs.arn
  aws.ec2.instance_id aws.ec2.instance_size aws.ec2.ami_id aws.ec2.availability_zone
  aws.ecs.container aws.ecs.container_id aws.ecs.container_arn aws.ecs.task_arn aws.ecs.task_family aws.ecs.cluster_arn aws.ecs.launch_type
  aws.ecs.availability_zone
  aws.eks.cluster_name aws.eks.pod aws.eks.container_id
  aws.elastic_beanstalk.environment_name aws.elastic_beanstalk.version_label aws.elastic_beanstalk.deployment_id
  aws.xray.sdk aws.xray.sdk_version aws.xray.auto_instrumentation
  sql.url sql.connection_string sql.database_type sql.sanitized_query sql.user
  service.version service.runtime service.runtime_version
  cause.exceptions.id cause.exceptions.type cause.exceptions.message cause.exceptions.remote cause.exceptions.cause
  cause.exceptions.stack.path cause.exceptions.stack.line cause.exceptions.stack.label
  links.trace_id links.id links.attributes annotations metadata subsegments.id`;
/** What OpenTelemetry has no word for is only read. */
const ONLY_IN_SEGMENTS = `
  resource_arn precursor_ids traced http.request.traced aws.resource_names aws.xray.package
  aws.xray.sampling_rule_name aws.xray.rule_name
  sql.database_version sql.driver_version sql.preparation
  service.name service.compiler service.compiler_version
  cause cause.working_directory cause.paths cause.exceptions.truncated cause.exceptions.skipped`;

const words = (text: string) => text.trim().split(/\s+/);

/** `{a: [{b: 1}]}` has the paths a and a.b; what is null is left out. */
function pathsIn(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((member) => pathsIn(member, prefix));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return member === null ? [] : [path, ...pathsIn(member, path)];
  });
}

/** Of the fields in `all`, those that nothing of `found` has. */
const missing = (all: readonly string[], found: readonly string[]) => {
  const known = new Set(found);
  return all.filter((field) => !known.has(field));
};

describe('each row of the tables has a golden pair', () => {
  it('each attribute that is looked at on the way to X-Ray', () => {
    const input = JSON.stringify(spanPairs().map((pair) => pair.input));

    expect(knownAttributes('from-spans').length).toBeGreaterThan(90);
    expect(knownAttributes('from-spans').filter((name) => !input.includes(`"${name}"`))).toEqual([]);
  });

  it('each field that a document may have', () => {
    const found = spanPairs().flatMap((pair) => pathsIn({ ...BASE_DOCUMENT, ...pair.expected }));

    expect(missing(words(WHAT_BOTH_HAVE), found)).toEqual([]);
  });

  it('each field of a document on the way from X-Ray', () => {
    const found = segmentPairs().flatMap((pair) => pathsIn({ ...BASE_SEGMENT, ...pair.input.segment }));

    expect(missing([...words(WHAT_BOTH_HAVE), ...words(ONLY_IN_SEGMENTS)], found)).toEqual([]);
  });

  it('each attribute that a span may get from a document', () => {
    const pairs = JSON.stringify(segmentPairs()).toLowerCase();

    expect(knownAttributes('to-spans').length).toBeGreaterThan(60);
    expect(knownAttributes('to-spans').filter((name) => !pairs.includes(name))).toEqual([]);
  });

  it('and each kind, status and place that a span may have', () => {
    const spans = spanPairs().map(({ input }) => ({ ...BASE_SPAN, ...input.span }));

    expect([...new Set(spans.map(({ kind }) => kind))].sort()).toEqual([1, 2, 3, 4, 5]);
    expect([...new Set(spans.map(({ status }) => status.code))].sort()).toEqual([0, 1, 2]);
    expect(new Set(spans.map(({ flags }) => flags))).toEqual(new Set([0, 0x101, 0x301]));
  });
});

it('no two pairs say that they show the same', () => {
  for (const pairs of [spanPairs(), segmentPairs()])
    expect(new Set(pairs.map((pair) => pair.it)).size).toBe(pairs.length);
});
