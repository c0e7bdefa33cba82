// Part of protocols/otlp: which URLs the CLIENT spans of a request called, without decoding the others.
import { SpanKind } from '../../model/otlp.ts';
import { Source } from './source.ts';
import { Fields, readInt32, WireType } from './wire.ts';

const URL_KEYS = ['http.url', 'url.full'].map((key) => Buffer.from(key));
const KIND = 6;
const ATTRIBUTES = 9;

export interface ClientUrl {
  /** As scan and select count. */
  index: number;
  url: string;
}

export function clientUrls(body: Uint8Array): readonly ClientUrl[] {
  const source = new Source(body);
  const found: ClientUrl[] = [];
  let index = 0;
  eachMember(source, 0, body.length, 1, (from, to) =>
    eachMember(source, from, to, 2, (at, end) =>
      eachMember(source, at, end, 2, (start, stop) => {
        const url = isClient(source, start, stop) ? urlOf(source, start, stop) : undefined;
        if (url !== undefined) found.push({ index, url });
        index++;
      }),
    ),
  );
  return found;
}

function eachMember(
  source: Source,
  from: number,
  to: number,
  number: number,
  visit: (from: number, to: number) => void,
): void {
  const fields = new Fields(source.bytes, from, to);
  while (fields.next())
    if (fields.number === number && fields.wireType === WireType.LEN) visit(fields.from, fields.to);
}

function isClient(source: Source, from: number, to: number): boolean {
  const fields = new Fields(source.bytes, from, to);
  while (fields.next())
    if (fields.number === KIND) return readInt32(source.bytes, fields.from) === SpanKind.CLIENT;
  return false;
}

function urlOf(source: Source, from: number, to: number): string | undefined {
  let url: string | undefined;
  eachMember(source, from, to, ATTRIBUTES, (at, end) => {
    let isUrl = false;
    const pair = new Fields(source.bytes, at, end);
    while (pair.next()) {
      const { number, from: start, to: stop } = pair;
      if (number === 1)
        isUrl = URL_KEYS.some((key) => source.bytes.compare(key, 0, key.length, start, stop) === 0);
      else if (number === 2 && isUrl) url = stringIn(source, start, stop) ?? url;
    }
  });
  return url;
}

/** string_value of an AnyValue. */
function stringIn(source: Source, from: number, to: number): string | undefined {
  const value = new Fields(source.bytes, from, to);
  while (value.next()) if (value.number === 1) return source.text(value.from, value.to);
  return undefined;
}
