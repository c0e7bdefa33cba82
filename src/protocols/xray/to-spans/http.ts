// Part of protocols/xray: the http block in the names of the stable HTTP conventions.
import { asNumber, asObject, asText } from '../json.ts';
import { type AttributeMap, put } from './attributes.ts';

const URL_PARTS =
  /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?([^?#]*)(?:\?([^#]*))?/i;

export function putHttp(attributes: AttributeMap, value: unknown): void {
  const http = asObject(value);
  const request = asObject(http?.['request']);
  const response = asObject(http?.['response']);
  // Python writes the method of outgoing calls in lower case.
  put(attributes, 'http.request.method', asText(request?.['method'])?.toUpperCase());
  const url = asText(request?.['url']);
  if (url !== undefined) putUrl(attributes, url);
  put(attributes, 'user_agent.original', asText(request?.['user_agent']));
  putClient(attributes, asText(request?.['client_ip']), request?.['x_forwarded_for'] === true);
  if (typeof request?.['traced'] === 'boolean') attributes.set('aws.xray.traced', request['traced']);
  put(attributes, 'http.response.status_code', asNumber(response?.['status']));
  put(attributes, 'http.response.body.size', asNumber(response?.['content_length']));
}

function putUrl(attributes: AttributeMap, url: string): void {
  attributes.set('url.full', url);
  const match = URL_PARTS.exec(url);
  if (!match) return;
  const [, scheme, host, port, path, query] = match;
  put(attributes, 'url.scheme', scheme?.toLowerCase());
  put(attributes, 'server.address', asText(host));
  put(attributes, 'server.port', asNumber(port));
  put(attributes, 'url.path', asText(path) ?? '/');
  put(attributes, 'url.query', asText(query));
}

/** Python takes X-Forwarded-For whole; its first address is the client. */
function putClient(attributes: AttributeMap, clientIp: string | undefined, forwarded: boolean): void {
  if (forwarded) attributes.set('aws.xray.x_forwarded_for', true);
  if (clientIp === undefined) return;
  attributes.set('client.address', clientIp.split(',', 1)[0]?.trim() ?? clientIp);
  if (clientIp.includes(',')) attributes.set('http.request.header.x-forwarded-for', [clientIp]);
}
