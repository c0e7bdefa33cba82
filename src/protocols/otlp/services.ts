// Part of protocols/otlp: which services the spans of a request are of, without decoding a span.
import type { AttributeValue } from '../../model/otlp.ts';
import { readAttributes } from './decode-attributes.ts';
import { Source } from './source.ts';
import { Fields, WireType } from './wire.ts';

/** Spans `from` <= index < `to` of one service; '' where the resource has no name. */
export interface ServiceRun {
  service: string;
  from: number;
  to: number;
}

/** In wire order, as scan and select count. */
export function serviceRuns(body: Uint8Array): ServiceRun[] {
  const source = new Source(body);
  const runs: ServiceRun[] = [];
  let index = 0;
  const request = new Fields(source.bytes);
  while (request.next()) {
    if (request.number !== 1 || request.wireType !== WireType.LEN) continue;
    let service = '';
    const from = index;
    const member = new Fields(source.bytes, request.from, request.to);
    while (member.next()) {
      if (member.wireType !== WireType.LEN) continue;
      if (member.number === 1) service = serviceOf(source, member.from, member.to) ?? service;
      else if (member.number === 2) index += spansIn(source, member.from, member.to);
    }
    if (index > from) runs.push({ service, from, to: index });
  }
  return runs;
}

function spansIn(source: Source, from: number, to: number): number {
  let count = 0;
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) if (fields.number === 2 && fields.wireType === WireType.LEN) count++;
  return count;
}

function serviceOf(source: Source, from: number, to: number): string | undefined {
  const attributes = new Map<string, AttributeValue>();
  readAttributes(source, from, to, 1, attributes);
  const name = attributes.get('service.name');
  return typeof name === 'string' && name !== '' ? name : undefined;
}
