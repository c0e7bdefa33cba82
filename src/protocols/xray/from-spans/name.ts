// Part of protocols/xray: the name of a document: a node of the service map, made only of characters that X-Ray takes.
import { type Span, SpanKind } from '../../../model/otlp.ts';
import { databasePlace } from '../database-url.ts';
import { isAwsCall } from './aws.ts';
import { peekText, type Reader, shorten } from './reader.ts';

/** X-Ray refuses longer names as InvalidName. */
const MAX_NAME_CHARS = 200;
/** So much of a text is looked at for the characters of a name. */
const MAX_READ_CHARS = 2000;
const CLEAN = /^[\w.:/%&#=+\-@][\w .:/%&#=+\-@]{0,198}[\w.:/%&#=+\-@]$/;
const FORBIDDEN = /[^ \p{L}\p{N}_.:/%&#=+\-@]/gu;

/** '' when nothing of the text can be in a name. */
export function cleanName(text: string): string {
  if (CLEAN.test(text)) return text;
  const allowed = text.slice(0, MAX_READ_CHARS).replace(/\s+/g, ' ').replace(FORBIDDEN, '').trim();
  return shorten(allowed, MAX_NAME_CHARS).trimEnd();
}

/** A segment is named after the service it ran in. */
export function segmentName(reader: Reader, span: Span, serviceName: string): string {
  const local = peekText(reader, 'aws.local.service');
  return (local && cleanName(local)) || serviceName || cleanName(span.name) || 'span';
}

/** A subsegment is named after what it calls, else after itself; the X-Ray SDKs name theirs so already. */
export function subsegmentName(reader: Reader, span: Span, wasSegment: boolean): string {
  if (wasSegment) return cleanName(span.name) || 'span';
  const calls =
    span.kind === SpanKind.CLIENT || span.kind === SpanKind.PRODUCER || span.kind === SpanKind.CONSUMER;
  return (calls && remoteName(reader)) || cleanName(span.name) || 'span';
}

function remoteName(reader: Reader): string {
  for (const candidate of CANDIDATES) {
    const text = candidate(reader);
    const name = text === undefined ? '' : cleanName(text);
    if (name !== '') return name;
  }
  return '';
}

/** The first that gives a name wins; each is cleaned. */
const CANDIDATES: readonly ((reader: Reader) => string | undefined)[] = [
  (reader) => peekText(reader, 'aws.remote.service')?.replace(/^(?:AWS\.SDK\.|AWS::)/, ''),
  (reader) => peekText(reader, 'peer.service', 'service.peer.name'),
  (reader) => peekText(reader, 'aws.service'),
  // Calls of DynamoDB also say `db.system`, yet are told apart from databases by their service.
  (reader) => {
    const service = rpcService(reader);
    return service !== undefined && isAwsCall(reader) ? service : undefined;
  },
  databaseName,
  rpcService,
  (reader) => peekText(reader, 'messaging.destination.name', 'messaging.destination'),
  hostName,
];

/** The stable conventions have it in front of the method: `shop.Cart/Add`. */
function rpcService(reader: Reader): string | undefined {
  return peekText(reader, 'rpc.service') ?? /^(.+)\/[^/]*$/.exec(peekText(reader, 'rpc.method') ?? '')?.[1];
}

/** `cruddur@db.example.com`, as the X-Ray SDKs name databases. */
function databaseName(reader: Reader): string | undefined {
  const system = peekText(reader, 'db.system.name', 'db.system');
  const database = peekText(reader, 'db.namespace', 'db.name');
  if (system === undefined && database === undefined) return undefined;
  const host = hostName(reader) ?? databasePlace(peekText(reader, 'db.connection_string')).host;
  const name = database ?? system ?? '';
  return host === undefined ? name : `${name}@${host}`;
}

/** Without the port, as the Python and Node SDKs have it, so that both SDKs' calls meet in one node. */
function hostName(reader: Reader): string | undefined {
  const url = peekText(reader, 'url.full', 'http.url');
  const host =
    peekText(reader, 'server.address', 'http.host') ??
    peekText(reader, 'net.peer.name') ??
    (url === undefined ? undefined : /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(url)?.[1]) ??
    peekText(reader, 'network.peer.address', 'net.peer.ip');
  return host?.replace(/(?<=^[^:]+):\d+$/, '');
}
