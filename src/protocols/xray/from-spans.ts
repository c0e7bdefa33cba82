// Part of protocols/xray: one OTLP span as a segment or subsegment document. Runs for every span on its way to X-Ray.
import { type Resource, type Scope, type Span, SpanKind } from '../../model/otlp.ts';
import type { Reason } from '../../model/reasons.ts';
import { awsCallBlock, isAwsCall } from './from-spans/aws.ts';
import { type Cause, causeOf } from './from-spans/cause.ts';
import type { XRayDocument } from './from-spans/document.ts';
import { flagsOf, takeFlags } from './from-spans/flags.ts';
import { httpBlock } from './from-spans/http.ts';
import { linksOf } from './from-spans/links.ts';
import { segmentName, subsegmentName } from './from-spans/name.ts';
import { otelMetadata } from './from-spans/otel.ts';
import { createReader, takeText } from './from-spans/reader.ts';
import { createResourceParts, type ResourceParts } from './from-spans/resource.ts';
import { type Rest, restOf } from './from-spans/rest.ts';
import { serialize } from './from-spans/shrink.ts';
import { sqlBlock } from './from-spans/sql.ts';
import { unixNanoToSeconds } from './from-spans/values.ts';
import { derivedId, isUsableId, toXRayTraceId } from './ids.ts';
import { X_RAY_SCOPE } from './segment.ts';

export type SpanDocument = { ok: true; id: string; document: string } | { ok: false; reason: Reason };

export interface SpanSettings {
  /** Attributes that become annotations before others, also where they have a field of their own. */
  annotations: readonly string[];
  /** Where a resource does not name its log groups. */
  logGroups: readonly string[];
}

export type SpanTranslator = (span: Span, resource: Resource, scope: Scope) => SpanDocument;

export function createSpanTranslator({ annotations, logGroups }: SpanSettings): SpanTranslator {
  const partsOf = createResourceParts(logGroups);
  return (span, resource, scope) => toDocument(span, partsOf(resource), scope, annotations);
}

export const spanToDocument = createSpanTranslator({ annotations: [], logGroups: [] });

function toDocument(span: Span, parts: ResourceParts, scope: Scope, listed: readonly string[]): SpanDocument {
  if (!isUsableId(span.traceId, 32) || !isUsableId(span.spanId, 16)) {
    return invalid('the span has no usable trace id or span id');
  }
  if (span.startTimeUnixNano === 0n && span.endTimeUnixNano === 0n) return invalid('the span has no time');
  const built = build(span, parts, scope, listed);
  return { ok: true, id: built.id, document: serialize(built) };
}

function invalid(message: string): SpanDocument {
  return {
    ok: false,
    reason: { code: 'invalid_item', message, fix: 'Check how the span is made: X-Ray demands it.' },
  };
}

const NO_CAUSE: Cause = { block: undefined, unparsed: [] };

function build(span: Span, parts: ResourceParts, scope: Scope, listed: readonly string[]): XRayDocument {
  if (!startsService(span)) return describe(span, parts, scope, listed, false);
  const isCall = span.kind === SpanKind.CLIENT || span.kind === SpanKind.PRODUCER;
  return isCall ? segmentAround(span, parts, scope, listed) : describe(span, parts, scope, listed, true);
}

/** A call that nothing surrounds, of a script for instance: as a segment it would seem to be a request to the caller. */
function segmentAround(
  span: Span,
  parts: ResourceParts,
  scope: Scope,
  listed: readonly string[],
): XRayDocument {
  const call = describe(span, parts, scope, listed, false);
  const { trace_id, parent_id, start_time, end_time, in_progress, fault, error, throttle } = call;
  return {
    name: segmentName(createReader(span.attributes), span, parts.serviceName),
    id: derivedId(`${span.spanId}^`),
    trace_id,
    parent_id,
    type: undefined,
    namespace: undefined,
    start_time,
    end_time,
    in_progress,
    fault,
    error,
    throttle,
    user: undefined,
    origin: parts.origin,
    http: undefined,
    aws: parts.aws,
    sql: undefined,
    service: parts.service,
    cause: undefined,
    links: undefined,
    annotations: undefined,
    metadata: parts.metadata && { 'otel.resource': parts.metadata },
    subsegments: [{ ...call, trace_id: undefined, parent_id: undefined, type: undefined }],
  };
}

function describe(
  span: Span,
  parts: ResourceParts,
  scope: Scope,
  listed: readonly string[],
  isSegment: boolean,
): XRayDocument {
  const reader = createReader(span.attributes);
  // The name reads what the blocks below use up, so it comes first.
  const wasSegment = scope.name === X_RAY_SCOPE;
  const name = isSegment
    ? segmentName(reader, span, parts.serviceName)
    : subsegmentName(reader, span, wasSegment);
  const isAws = isAwsCall(reader);
  const http = httpBlock(reader, span.kind);
  const awsCall = isAws ? awsCallBlock(reader) : undefined;
  const sql = sqlBlock(reader);
  const user = isSegment ? takeText(reader, 'user.id', 'enduser.id') : undefined;
  const flags = (wasSegment && takeFlags(reader)) || flagsOf(span, http?.response?.status);
  const cause =
    span.events.length > 0 || flags.fault || flags.error
      ? causeOf(span, reader, parts.language, isAws)
      : NO_CAUSE;
  const hasEnded = span.endTimeUnixNano !== 0n;
  const startTime = unixNanoToSeconds(span.startTimeUnixNano || span.endTimeUnixNano);
  return {
    name,
    id: span.spanId,
    trace_id: toXRayTraceId(span.traceId),
    parent_id: isUsableId(span.parentSpanId, 16) ? span.parentSpanId : undefined,
    type: isSegment ? undefined : 'subsegment',
    namespace: isSegment ? undefined : namespaceOf(span, isAws),
    start_time: startTime,
    // A clock that was set back must not lose the span: X-Ray refuses an end before the start.
    end_time: hasEnded ? Math.max(startTime, unixNanoToSeconds(span.endTimeUnixNano)) : undefined,
    in_progress: hasEnded ? undefined : true,
    ...flags,
    user,
    origin: isSegment ? parts.origin : undefined,
    http,
    aws: awsOf(isSegment ? parts.aws : parts.xray, awsCall),
    sql,
    service: isSegment ? parts.service : undefined,
    cause: cause.block,
    links: span.links.length === 0 ? undefined : linksOf(span),
    ...withOtel(
      restOf(reader, listed, isSegment ? parts.attributes : undefined),
      isSegment ? parts.metadata : undefined,
      otelMetadata(span, scope, name, isSegment, cause.unparsed),
    ),
    subsegments: undefined,
  };
}

/** OTLP span flags: bit 8 says that bit 9 is known, bit 9 that the parent is in another process. */
const PARENT_IS_KNOWN = 0x100;
const PARENT_IS_REMOTE = 0x300;

/** A segment is where a service begins its part of the trace; all else is a subsegment. */
function startsService(span: Span): boolean {
  if (span.kind === SpanKind.SERVER || !isUsableId(span.parentSpanId, 16)) return true;
  if ((span.flags & PARENT_IS_REMOTE) === PARENT_IS_REMOTE) return true;
  // AWS's distributions say so where the SDK cannot.
  if (span.attributes.get('aws.span.kind') === 'LOCAL_ROOT') return true;
  // SDKs of before 2024 do not say. What consumes a message then hangs below who sent it, and is a service of its own.
  return span.kind === SpanKind.CONSUMER && (span.flags & PARENT_IS_KNOWN) === 0;
}

/** A consumer below a span of its service is remote where it says which service it takes messages from. */
function namespaceOf({ kind, attributes }: Span, isAws: boolean): XRayDocument['namespace'] {
  if (isAws) return 'aws';
  const isPolling = kind === SpanKind.CONSUMER && attributes.has('aws.remote.service');
  return kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER || isPolling ? 'remote' : undefined;
}

function awsOf(place: XRayDocument['aws'], call: XRayDocument['aws']): XRayDocument['aws'] {
  return call === undefined ? place : { ...place, ...call };
}

function withOtel(
  { annotations, metadata }: Rest,
  resource: Readonly<Record<string, unknown>> | undefined,
  otel: Record<string, unknown> | undefined,
): Pick<XRayDocument, 'annotations' | 'metadata'> {
  if (!otel && !resource) return { annotations, metadata };
  const all: NonNullable<XRayDocument['metadata']> = metadata ?? {};
  if (otel) all['otel'] = otel;
  if (resource) all['otel.resource'] = resource;
  return { annotations, metadata: all };
}
