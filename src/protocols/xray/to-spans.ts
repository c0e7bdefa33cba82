// Part of protocols/xray: a segment document as OTLP spans. Only ids and a time are needed; no other field loses the document.
import { type Attributes, type Span, type SpanGroup, SpanKind, StatusCode } from '../../model/otlp.ts';
import { derivedId, fromXRayTraceId, spanIdOf } from './ids.ts';
import { asNumber, asObject, asObjects, asText } from './json.ts';
import { isIndependentSubsegment, type Segment, secondsToUnixNano, X_RAY_SCOPE } from './segment.ts';
import { type AttributeMap, spanAttributes } from './to-spans/attributes.ts';
import { createCauses } from './to-spans/cause.ts';
import { spanLinks } from './to-spans/links.ts';
import { addOldNames } from './to-spans/old-names.ts';
import { languageOf, segmentResource } from './to-spans/resource.ts';

export interface SegmentContext {
  /** For a lone subsegment, whose document does not say which service it ran in. */
  serviceName?: string | undefined;
  /** Whether attributes have the names of the old conventions as well. */
  oldNames?: boolean;
  /** Without its subsegments. */
  rootOnly?: boolean;
}

const SCOPE = { name: X_RAY_SCOPE, version: '', attributes: new Map() };

/** Segment and subsegments, depth first, parents before children; [] when trace id, id or every time is missing. */
export function segmentToSpans(segment: Segment, context: SegmentContext = {}): SpanGroup[] {
  const traceId = fromXRayTraceId(asText(segment.trace_id) ?? '');
  const rootId = spanIdOf(asText(segment.id) ?? '');
  const rootTime = timeOf(segment.start_time) || timeOf(segment.end_time);
  if (!traceId || !rootId || rootTime === 0n) return [];

  const language = languageOf(segment);
  const causes = createCauses(segment, language);
  const spans: Span[] = [];
  const parentId = spanIdOf(asText(segment.parent_id) ?? '') ?? '';
  const open: Place[] = [{ segment, spanId: rootId, parentId, earliest: rootTime, isRoot: true }];
  // A stack of our own: recursive code makes documents nested as deep as 64 KB allow.
  for (let place = open.pop(); place; place = open.pop()) {
    const span = toSpan(place, traceId, causes);
    if (context.oldNames) addOldNames(span.attributes, span.kind);
    spans.push(span);
    if (context.rootOnly) break;
    const { spanId, earliest } = place;
    const children = asObjects(place.segment.subsegments).map((child: Segment, i): Place => {
      const id = spanIdOf(asText(child.id) ?? '') ?? derivedId(`${spanId}/${i}`);
      // Go writes the segment's id as parent of every level: where it is embedded is the truth.
      return { segment: child, spanId: id, parentId: spanId, earliest, isRoot: false };
    });
    for (const child of children.reverse()) open.push(child);
  }
  return [{ resource: segmentResource(segment, language, context.serviceName), scope: SCOPE, spans }];
}

interface Place {
  segment: Segment;
  spanId: string;
  parentId: string;
  /** What a subsegment without a start is given. */
  earliest: bigint;
  isRoot: boolean;
}

function toSpan(
  place: Place,
  traceId: string,
  causes: ReturnType<typeof createCauses>,
): Span & { attributes: AttributeMap } {
  const { segment, spanId, parentId } = place;
  const attributes = spanAttributes(segment);
  const kind = kindOf(segment, place.isRoot);
  const startTimeUnixNano = timeOf(segment.start_time) || place.earliest;
  const isOpen = segment.in_progress === true || asNumber(segment.end_time) === undefined;
  const endTimeUnixNano = isOpen ? 0n : timeOf(segment.end_time);
  if (isOpen) attributes.set('aws.xray.in_progress', true);
  const events = causes.eventsOf(segment, endTimeUnixNano || startTimeUnixNano);
  return {
    traceId,
    spanId,
    parentSpanId: parentId,
    traceState: '',
    flags: flagsOf(place),
    name: nameOf(place),
    kind,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes,
    events,
    links: spanLinks(segment),
    status: statusOf(segment, kind, attributes, events[0]?.attributes ?? new Map()),
  };
}

/** OTLP span flags: that it is known whether the parent is in another process, and that it is. */
const PARENT_IS_KNOWN = 0x100;
const PARENT_IS_REMOTE = 0x200;

function flagsOf({ segment, parentId, isRoot }: Place): number {
  if (parentId === '') return 0;
  return isRoot && !isIndependentSubsegment(segment) ? PARENT_IS_KNOWN | PARENT_IS_REMOTE : PARENT_IS_KNOWN;
}

/** A document that was a span has the span's name in metadata where it could not be its own (from-spans/otel.ts). */
function nameOf({ segment, isRoot }: Place): string {
  const otel = asObject(asObject(segment.metadata)?.['otel']);
  return asText(otel?.['name']) ?? asText(segment.name) ?? (isRoot ? 'segment' : 'subsegment');
}

function timeOf(value: unknown): bigint {
  return secondsToUnixNano(asNumber(value) ?? 0);
}

/** SERVER only for what describes a request, as in the summary: a worker's segment has no `http`. */
function kindOf(segment: Segment, isRoot: boolean): number {
  if (segment.namespace === 'aws' || segment.namespace === 'remote') return SpanKind.CLIENT;
  const isSegment = isRoot && !isIndependentSubsegment(segment);
  return isSegment && asObject(segment.http) ? SpanKind.SERVER : SpanKind.INTERNAL;
}

/** The caller's mistake (4xx, `error`) is no error of a server, by OTel's HTTP conventions; the flags stay as attributes. */
function statusOf(
  segment: Segment,
  kind: number,
  attributes: Attributes,
  exception: Attributes,
): Span['status'] {
  const httpStatus = Number(attributes.get('http.response.status_code') ?? 0);
  const isClientError = segment.error === true || segment.throttle === true || httpStatus >= 400;
  const failed = segment.fault === true || httpStatus >= 500 || (kind !== SpanKind.SERVER && isClientError);
  if (!failed) return { code: StatusCode.UNSET, message: '' };
  const parts = [exception.get('exception.type'), exception.get('exception.message')];
  return { code: StatusCode.ERROR, message: parts.filter((part) => typeof part === 'string').join(': ') };
}
