// Part of admin: who may ask: by the name they ask for (a page of another site may point its own name here: DNS rebinding), and by token.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Secret } from '../model/secret.ts';

export interface AccessOptions {
  /** SIDECAST_ADMIN_HOSTS: names besides those that cannot be anybody else's; `*` stands for all. */
  hosts: readonly string[];
  /** SIDECAST_ADMIN_TOKEN */
  token?: Secret | undefined;
  /** Of this machine or container. */
  hostname: string;
}

/** For probes and Prometheus, which name it as they like and tell nobody. */
const EXEMPT = new Set(['/livez', '/readyz', '/metrics']);

/** A hook that answers who may not ask. */
export function accessCheck(options: AccessOptions) {
  const expected =
    options.token && options.token.reveal() !== '' ? digest(options.token.reveal()) : undefined;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    // Answers quote what strangers sent: no browser may take them for a script or a picture, or another site read them.
    void reply
      .header('x-content-type-options', 'nosniff')
      .header('cross-origin-resource-policy', 'same-origin');
    const [path = ''] = request.url.split('?');
    if (EXEMPT.has(path)) return undefined;
    const host = request.headers.host ?? '';
    if (!isAllowedHost(nameOf(host), options)) {
      const message = `nothing is shown to ${JSON.stringify(host)}: add the name to SIDECAST_ADMIN_HOSTS, or ask for an address`;
      return reply.code(403).send({ message });
    }
    if (!expected || isToken(request.headers.authorization, expected)) return undefined;
    return reply.code(401).header('www-authenticate', 'Basic realm="sidecast", charset="UTF-8"').send({
      message:
        'nothing is shown without the token of SIDECAST_ADMIN_TOKEN: send it as Authorization: Bearer, or as the password',
    });
  };
}

/** Without port, and without the brackets of an IPv6 address. */
function nameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d*$/, '')).toLowerCase().replace(/\.$/, '');
}

/** Addresses cannot be rebound, and no public name has a single label or ends in localhost. */
function isAllowedHost(name: string, { hosts, hostname }: AccessOptions): boolean {
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return true;
  if (name === hostname.toLowerCase() || (name !== '' && !name.includes('.'))) return true;
  return hosts.some((allowed) => allowed === '*' || allowed.toLowerCase() === name);
}

/** As scripts send it, or as a browser does that asked for a password. */
function isToken(authorization: string | undefined, expected: Buffer): boolean {
  const [, scheme = '', value = ''] = /^(\w+) +(.+)$/.exec(authorization ?? '') ?? [];
  const kind = scheme.toLowerCase();
  if (kind !== 'bearer' && kind !== 'basic') return false;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const presented = kind === 'bearer' ? value.trim() : decoded.slice(decoded.indexOf(':') + 1);
  // Digests have one length, so that the comparison takes the same time for every token.
  return timingSafeEqual(digest(presented), expected);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
