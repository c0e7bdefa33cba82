// Part of protocols/xray: attributes under the names of the old conventions too, for queries that were made with them.
import { SpanKind } from '../../../model/otlp.ts';
import type { AttributeMap } from './attributes.ts';

const OLD_NAMES: readonly (readonly [name: string, oldName: string])[] = [
  ['http.request.method', 'http.method'],
  ['http.response.status_code', 'http.status_code'],
  ['http.response.body.size', 'http.response_content_length'],
  ['url.full', 'http.url'],
  ['url.scheme', 'http.scheme'],
  ['user_agent.original', 'http.user_agent'],
  ['client.address', 'http.client_ip'],
  ['db.system.name', 'db.system'],
  ['db.query.text', 'db.statement'],
  ['db.namespace', 'db.name'],
  ['user.id', 'enduser.id'],
];

/** Whose address it is, the old names tell by which side the span is on. */
const OLD_NAMES_OF_A_SERVER = [
  ['server.address', 'net.host.name'],
  ['server.port', 'net.host.port'],
] as const;
const OLD_NAMES_OF_A_CALL = [
  ['server.address', 'net.peer.name'],
  ['server.port', 'net.peer.port'],
] as const;

/** What the document itself calls so stays. */
export function addOldNames(attributes: AttributeMap, kind: number): void {
  const ofTheSide = kind === SpanKind.SERVER ? OLD_NAMES_OF_A_SERVER : OLD_NAMES_OF_A_CALL;
  for (const [name, oldName] of [...OLD_NAMES, ...ofTheSide]) {
    const value = attributes.get(name);
    if (value !== undefined && !attributes.has(oldName)) attributes.set(oldName, value);
  }
}
