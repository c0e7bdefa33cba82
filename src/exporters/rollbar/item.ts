// Part of exporters/rollbar: an occurrence as the Items API takes it.
import type { RecentLog } from '../../correlation/recent-logs.ts';
import { requestFacts, textOf } from '../../model/http-request.ts';
import type { Attributes } from '../../model/otlp.ts';
import { toJsonObject } from '../../protocols/xray/from-spans/values.ts';
import { toXRayTraceId } from '../../protocols/xray/ids.ts';
import { frameworkOf } from './framework.ts';
import type { Occurrence } from './occurrence.ts';
import { requestOf } from './request.ts';
import { telemetryOf } from './telemetry.ts';
import { bareClass, traceBody } from './trace-body.ts';

/** Rollbar, Items API: longer values make an item invalid. */
const MAX_TEXT_CHARS = 255;
const MAX_ID_CHARS = 40;

export interface ItemContext {
  /** ROLLBAR_ENVIRONMENT. */
  environment: string | undefined;
  /** ROLLBAR_SERVER_ROOT. */
  serverRoot?: string | undefined;
  version: string;
  /** Of the trace. */
  recentLogs?: readonly RecentLog[] | undefined;
}

/** `data` of the request. */
export function toItem(
  occurrence: Occurrence,
  { environment, serverRoot, version, recentLogs = [] }: ItemContext,
): Record<string, unknown> {
  const { uuid, level, timeUnixNano, attributes, resource, name } = occurrence;
  const { body, fingerprint } =
    occurrence.kind === 'message' ? messageBody(occurrence) : traceBody(occurrence);
  const codeVersion = textOf(resource.attributes, 'service.version', 'vcs.ref.head.revision');
  return {
    environment: (environment ?? environmentOf(resource.attributes)).slice(0, MAX_TEXT_CHARS),
    body: { ...body, telemetry: telemetryOf(recentLogs) },
    level,
    timestamp: Number(timeUnixNano / 1_000_000_000n),
    uuid,
    ...(codeVersion ? { code_version: codeVersion.slice(0, MAX_ID_CHARS) } : {}),
    language: languageOf(resource.attributes),
    framework: frameworkOf(occurrence.scope.name),
    context: (requestFacts(attributes)?.route ?? name).slice(0, MAX_TEXT_CHARS),
    request: requestOf(attributes),
    person: personOf(attributes),
    server: serverOf(resource.attributes, serverRoot),
    custom: customOf(occurrence),
    ...(fingerprint ? { fingerprint } : {}),
    notifier: { name: 'sidecast', version },
    attributes: attributesOf(occurrence),
  };
}

/** Rollbar groups messages by their words without the numbers. */
function messageBody({ message }: Occurrence): { body: object; fingerprint?: undefined } {
  return { body: { message: { body: message } } };
}

function environmentOf(resource: Attributes): string {
  return textOf(resource, 'deployment.environment.name', 'deployment.environment') ?? 'development';
}

/** pyrollbar writes `python 3.11.7`. */
function languageOf(resource: Attributes): string | undefined {
  const language = textOf(resource, 'telemetry.sdk.language');
  const version = textOf(resource, 'process.runtime.version');
  return language && version ? `${language} ${version}` : language;
}

function personOf(attributes: Attributes): object | undefined {
  const given = attributes.get('user.id') ?? attributes.get('enduser.id');
  const id = typeof given === 'number' || typeof given === 'bigint' ? String(given) : given;
  if (typeof id !== 'string' || id === '') return undefined;
  const username = textOf(attributes, 'user.name')?.slice(0, MAX_TEXT_CHARS);
  const email = textOf(attributes, 'user.email')?.slice(0, MAX_TEXT_CHARS);
  return { id: id.slice(0, MAX_ID_CHARS), username, email };
}

/**
 * Rollbar takes `root` off file names before it groups, so items of different release folders are one, and folds frames that are
 * not below it. File names stay whole, as in what its own libraries send.
 */
function serverOf(resource: Attributes, serverRoot: string | undefined): object {
  const pid = resource.get('process.pid');
  const root = (serverRoot ?? textOf(resource, 'process.working_directory'))?.replace(/[\\/]+$/, '');
  return {
    host: textOf(resource, 'host.name'),
    pid: typeof pid === 'number' ? pid : undefined,
    root: root || undefined,
  };
}

function customOf(occurrence: Occurrence): object {
  const { type, logged, name, attributes, resource, traceId, spanId, suppressed, ids } = occurrence;
  const isBare = bareClass(type, textOf(resource.attributes, 'telemetry.sdk.language')) === type;
  return {
    service: textOf(resource.attributes, 'service.name'),
    trace_id: ids?.otlp ?? (traceId || undefined),
    span_id: spanId || undefined,
    xray_trace_id: traceId ? toXRayTraceId(ids?.xray ?? traceId) : undefined,
    name,
    message: logged,
    suppressed_count: suppressed || undefined,
    exception_type: isBare ? undefined : type,
    attributes: toJsonObject(attributes),
    resource: toJsonObject(resource.attributes),
  };
}

/** What Rollbar's newer SDKs send to link an item to its trace. */
function attributesOf({ traceId, spanId }: Occurrence): readonly object[] | undefined {
  if (traceId === '') return undefined;
  const span = spanId === '' ? [] : [{ key: 'span_id', value: spanId }];
  return [{ key: 'trace_id', value: traceId }, ...span];
}
