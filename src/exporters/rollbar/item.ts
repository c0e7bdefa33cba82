// Part of exporters/rollbar: an occurrence as the Items API takes it.
import { requestFacts, textOf } from '../../model/http-request.ts';
import type { Attributes } from '../../model/otlp.ts';
import { toJsonObject } from '../../protocols/xray/from-spans/values.ts';
import { toXRayTraceId } from '../../protocols/xray/ids.ts';
import type { Occurrence } from './occurrence.ts';
import { bareClass, traceBody } from './trace-body.ts';

/** Rollbar, Items API: longer values make an item invalid. */
const MAX_TEXT_CHARS = 255;
const MAX_ID_CHARS = 40;

export interface ItemContext {
  /** ROLLBAR_ENVIRONMENT. */
  environment: string | undefined;
  version: string;
}

/** `data` of the request. */
export function toItem(
  occurrence: Occurrence,
  { environment, version }: ItemContext,
): Record<string, unknown> {
  const { uuid, level, timeUnixNano, attributes, resource, name } = occurrence;
  const { body, fingerprint } = traceBody(occurrence);
  const facts = requestFacts(attributes);
  const codeVersion = textOf(resource.attributes, 'service.version', 'vcs.ref.head.revision');
  return {
    environment: (environment ?? environmentOf(resource.attributes)).slice(0, MAX_TEXT_CHARS),
    body,
    level,
    timestamp: Number(timeUnixNano / 1_000_000_000n),
    uuid,
    ...(codeVersion ? { code_version: codeVersion.slice(0, MAX_ID_CHARS) } : {}),
    language: languageOf(resource.attributes),
    framework: frameworkOf(occurrence.scope.name),
    context: (facts?.route ?? name).slice(0, MAX_TEXT_CHARS),
    request: facts && {
      url: facts.url,
      method: facts.method,
      headers: facts.userAgent ? { 'User-Agent': facts.userAgent } : {},
      user_ip: facts.clientAddress,
    },
    person: personOf(attributes),
    server: serverOf(resource.attributes),
    custom: customOf(occurrence),
    ...(fingerprint ? { fingerprint } : {}),
    notifier: { name: 'sidecast', version },
    attributes: attributesOf(occurrence),
  };
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

/** `opentelemetry.instrumentation.flask` and `@opentelemetry/instrumentation-express` name the framework last. */
function frameworkOf(scopeName: string): string | undefined {
  return /^@?opentelemetry[./]instrumentation[.-]([\w-]+)$/.exec(scopeName)?.[1];
}

function personOf(attributes: Attributes): object | undefined {
  const id = textOf(attributes, 'user.id', 'enduser.id');
  if (id === undefined) return undefined;
  const username = textOf(attributes, 'user.name')?.slice(0, MAX_TEXT_CHARS);
  const email = textOf(attributes, 'user.email')?.slice(0, MAX_TEXT_CHARS);
  return { id: id.slice(0, MAX_ID_CHARS), username, email };
}

function serverOf(resource: Attributes): object {
  const pid = resource.get('process.pid');
  return { host: textOf(resource, 'host.name'), pid: typeof pid === 'number' ? pid : undefined };
}

function customOf({ type, logged, name, attributes, resource, traceId, spanId }: Occurrence): object {
  const isBare = bareClass(type, textOf(resource.attributes, 'telemetry.sdk.language')) === type;
  return {
    service: textOf(resource.attributes, 'service.name'),
    trace_id: traceId || undefined,
    span_id: spanId || undefined,
    xray_trace_id: traceId ? toXRayTraceId(traceId) : undefined,
    name,
    message: logged,
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
