// Part of protocols/otlp: requests as objects, in one pass. Nothing in them aliases the body; only a Place knows it, to be asked for its key.
import type {
  Attributes,
  LogGroup,
  LogRecord,
  PlacedSpan,
  RaisingSpans,
  Resource,
  Scope,
  Span,
  SpanGroup,
  SpanVisitor,
} from '../../model/otlp.ts';
import { readAttributes } from './decode-attributes.ts';
import { decodeLog } from './decode-log.ts';
import { decodeSpan } from './decode-span.ts';
import { isNotable, noteParents, raises } from './peek-span.ts';
import { Source } from './source.ts';
import { Fields, WireType } from './wire.ts';

/** The groups hold the items in wire order: counting through them gives the index that scan and select use. */
export function decodeTraces(body: Uint8Array): SpanGroup[] {
  const groups: SpanGroup[] = [];
  eachScope<Span>(body, decodeSpan, (resource, scope, spans) => groups.push({ resource, scope, spans }));
  return groups;
}

/** Where spans stand in a request. */
export interface Place {
  readonly resource: Resource;
  readonly scope: Scope;
  /** The bytes of both as a text, the same for the same bytes; undefined where they are more than that. */
  key(maxBytes: number): string | undefined;
}

export type SpanAtVisitor = (source: Source, from: number, to: number, place: Place, index: number) => void;

/** Where each span lies, in wire order, for who decodes one at a time, or not all: as objects, a request is seven times its size. */
export function eachSpanAt(body: Uint8Array, visit: SpanAtVisitor): void {
  let index = 0;
  const visitSpan = (source: Source, from: number, to: number, place: Place) =>
    visit(source, from, to, place, index++);
  eachScope(body, visitSpan, () => undefined);
}

/** Only the spans that served a request or recorded an exception: the others, most of all spans, cost a look. */
export function eachNotableSpan(body: Uint8Array, visit: SpanVisitor): void {
  eachSpanThat(isNotable, body, visit);
}

export function decodeRaising(body: Uint8Array): RaisingSpans {
  const spans: PlacedSpan[] = [];
  eachSpanThat(raises, body, (span, resource, scope, index) => spans.push({ index, resource, scope, span }));
  // Read now, while the body is there; wanted where one exception may have been recorded twice, also in another request.
  const traceIds = new Set(spans.map(({ span }) => span.traceId));
  const parents = new Map<string, string>();
  if (spans.length > 0) eachScope(body, noteParents(traceIds, parents), () => undefined);
  return { spans, parents: () => parents };
}

function eachSpanThat(
  isWanted: (source: Source, from: number, to: number) => boolean,
  body: Uint8Array,
  visit: SpanVisitor,
): void {
  eachSpanAt(body, (source, from, to, { resource, scope }, index) => {
    if (isWanted(source, from, to)) visit(decodeSpan(source, from, to), resource, scope, index);
  });
}

export function decodeLogs(body: Uint8Array): LogGroup[] {
  const groups: LogGroup[] = [];
  eachScope<LogRecord>(body, decodeLog, (resource, scope, records) =>
    groups.push({ resource, scope, records }),
  );
  return groups;
}

type Range = readonly [from: number, to: number];

function eachScope<T>(
  body: Uint8Array,
  decodeItem: (source: Source, from: number, to: number, place: Place) => T,
  visit: (resource: Resource, scope: Scope, items: readonly T[]) => void,
): void {
  const source = new Source(body);
  const request = new Fields(source.bytes);
  while (request.next()) {
    if (request.number !== 1 || request.wireType !== WireType.LEN) continue;
    // A resource may stand behind its scopes, and a scope behind its items: so these are found first.
    const outer = split(source, request.from, request.to);
    const resource: Resource = { attributes: attributesOf(source, outer.heads, 1) };
    for (let at = 0; at < outer.members.length; at += 2) {
      const { heads, members } = split(source, outer.members[at]!, outer.members[at + 1]!);
      const scope = scopeOf(source, heads);
      const place = { resource, scope, key: (max: number) => keyOf(source, outer.heads, heads, max) };
      const items: T[] = [];
      for (let one = 0; one < members.length; one += 2)
        items.push(decodeItem(source, members[one]!, members[one + 1]!, place));
      if (items.length > 0) visit(resource, scope, items);
    }
  }
}

/** The fields 1 (resource or scope, in pieces to be merged) and 2 (what it holds: from and to of each, one after the other). */
function split(source: Source, from: number, to: number): { heads: Range[]; members: number[] } {
  const heads: Range[] = [];
  const members: number[] = [];
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.wireType !== WireType.LEN) continue;
    if (fields.number === 1) heads.push([fields.from, fields.to]);
    else if (fields.number === 2) members.push(fields.from, fields.to);
  }
  return { heads, members };
}

function keyOf(
  source: Source,
  resource: readonly Range[],
  scope: readonly Range[],
  maxBytes: number,
): string | undefined {
  const bytes = [...resource, ...scope].reduce((sum, [from, to]) => sum + to - from, 0);
  return bytes > maxBytes ? undefined : `${textOf(source, resource)}|${textOf(source, scope)}`;
}

/** Each piece with its length, so that no other pieces make the same text. */
function textOf({ bytes }: Source, pieces: readonly Range[]): string {
  return pieces.map(([from, to]) => `${to - from}:${bytes.toString('latin1', from, to)}`).join('');
}

function attributesOf(source: Source, messages: readonly Range[], number: number): Attributes {
  const attributes = new Map();
  for (const [from, to] of messages) readAttributes(source, from, to, number, attributes);
  return attributes;
}

function scopeOf(source: Source, heads: readonly Range[]): Scope {
  const scope = { name: '', version: '', attributes: attributesOf(source, heads, 3) };
  for (const [from, to] of heads) {
    const fields = new Fields(source.bytes, from, to);
    while (fields.next()) {
      if (fields.number === 1) scope.name = source.text(fields.from, fields.to);
      else if (fields.number === 2) scope.version = source.text(fields.from, fields.to);
    }
  }
  return scope;
}
