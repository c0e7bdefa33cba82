// Part of protocols/xray: causes as exception events. A cause that is only an id is looked up in the whole document.
import type { SpanEvent } from '../../../model/otlp.ts';
import { asArray, asNumber, asObject, asObjects, asText, type JsonObject } from '../json.ts';
import type { Segment } from '../segment.ts';
import { type AttributeMap, put } from './attributes.ts';
import { languageOfPath, renderStack, type StackException } from './stack-text.ts';

export interface Causes {
  eventsOf(segment: Segment, timeUnixNano: bigint): SpanEvent[];
}

export function createCauses(root: Segment, language: string | undefined): Causes {
  let byId: ReadonlyMap<string, JsonObject> | undefined;
  const find = (id: string) => {
    byId ??= exceptionsById(root);
    return byId.get(id);
  };
  return {
    eventsOf(segment, timeUnixNano) {
      if (segment.cause === undefined || segment.cause === null) return [];
      const heads = headExceptions(segment.cause, find);
      return heads.map((head) => {
        const attributes = exceptionAttributes(chainFrom(head, find), language);
        putDirectories(attributes, asObject(segment.cause));
        return { timeUnixNano, name: 'exception', attributes };
      });
    },
  };
}

function putDirectories(attributes: AttributeMap, cause: JsonObject | undefined): void {
  put(attributes, 'aws.xray.cause.working_directory', asText(cause?.['working_directory']));
  const paths = asArray(cause?.['paths']).filter((path) => typeof path === 'string');
  if (paths.length > 0) attributes.set('aws.xray.cause.paths', paths);
}

/** Those that no other exception of the list names as its cause: each is the final one of a chain. */
function headExceptions(cause: unknown, find: (id: string) => JsonObject | undefined): JsonObject[] {
  const id = asText(cause);
  if (id !== undefined) {
    const exception = find(id);
    // What it points at was streamed in another document: the id is all that is known.
    return [exception ?? { id }];
  }
  const exceptions = exceptionsOf(cause);
  const inner = new Set(exceptions.map((exception) => asText(exception['cause']) ?? 'none'));
  const heads = exceptions.filter((exception) => !inner.has(asText(exception['id']) ?? ''));
  return heads.length > 0 ? heads : exceptions.slice(0, 1);
}

/** The final exception, then its causes; stops where a chain bites its tail. */
function chainFrom(head: JsonObject, find: (id: string) => JsonObject | undefined): JsonObject[] {
  const chain = new Set<JsonObject>();
  for (let next: JsonObject | undefined = head; next && !chain.has(next); ) {
    chain.add(next);
    const cause: string | undefined = asText(next['cause']);
    next = cause === undefined ? undefined : find(cause);
  }
  return [...chain];
}

function exceptionAttributes(chain: readonly JsonObject[], language: string | undefined): AttributeMap {
  const head = chain[0] ?? {};
  const attributes: AttributeMap = new Map();
  put(attributes, 'exception.type', asText(head['type']));
  put(attributes, 'exception.message', asText(head['message']));
  const exceptions = chain.map(toStackException);
  // Also without frames: nothing else names the causes of the final one.
  if (exceptions.length > 1 || exceptions.some(({ frames }) => frames.length > 0)) {
    const spoken = language ?? languageOfPath(exceptions[0]?.frames[0]?.file ?? '');
    attributes.set('exception.stacktrace', renderStack(exceptions, spoken));
  }
  put(attributes, 'aws.xray.exception.id', asText(head['id']));
  // What it was caused by, where that is in another document.
  if (chain.length === 1) put(attributes, 'aws.xray.exception.cause', asText(head['cause']));
  if (head['remote'] === true) attributes.set('aws.xray.exception.remote', true);
  put(attributes, 'aws.xray.exception.truncated', asNumber(head['truncated']) || undefined);
  put(attributes, 'aws.xray.exception.skipped', asNumber(head['skipped']) || undefined);
  return attributes;
}

function toStackException(exception: JsonObject): StackException {
  const frames = asObjects(exception['stack']).map((frame) => ({
    file: asText(frame['path']) ?? '',
    line: asNumber(frame['line']) ?? 0,
    function: asText(frame['label']) ?? '',
  }));
  return { type: asText(exception['type']) ?? '', message: asText(exception['message']) ?? '', frames };
}

function exceptionsOf(cause: unknown): JsonObject[] {
  return asObjects(asObject(cause)?.['exceptions']);
}

function exceptionsById(root: Segment): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const open: Segment[] = [root];
  for (let segment = open.pop(); segment; segment = open.pop()) {
    for (const exception of exceptionsOf(segment.cause)) {
      const id = asText(exception['id']);
      if (id !== undefined && !found.has(id)) found.set(id, exception);
    }
    for (const child of asObjects(segment.subsegments)) open.push(child);
  }
  return found;
}
