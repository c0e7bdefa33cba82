// Part of receivers/otlp: lets web pages of chosen origins send OTLP.
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A day; browsers cut it to their own maximum. */
const MAX_AGE_SECONDS = '86400';

export type AllowsOrigin = (origin: string) => boolean;

/** `*` in an entry stands for any text: `https://*.example.com`, `http://localhost:*`, or every origin. */
export function originFilter(allowed: readonly string[]): AllowsOrigin {
  const patterns = allowed.map(
    (entry) => new RegExp(`^${entry.toLowerCase().split('*').map(escapeText).join('.*')}$`),
  );
  return (origin) => patterns.some((pattern) => pattern.test(origin.toLowerCase()));
}

function escapeText(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Headers for every answer, errors too, or the page cannot see them. The origin is echoed and credentials are allowed
 * because sendBeacon, which older web exporters use, sends them; no answer of ours depends on them.
 */
export function addCorsHeaders(request: FastifyRequest, reply: FastifyReply, allows: AllowsOrigin): void {
  reply.header('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !allows(origin)) return;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-allow-credentials', 'true');
  reply.header('access-control-expose-headers', 'Retry-After');
  if (request.method !== 'OPTIONS') return;
  reply.header('access-control-allow-methods', 'POST');
  reply.header('access-control-max-age', MAX_AGE_SECONDS);
  const asked = request.headers['access-control-request-headers'];
  if (asked) reply.header('access-control-allow-headers', asked);
  // A page on the internet that sends to a private address asks for this as well (Private Network Access).
  if (request.headers['access-control-request-private-network'] === 'true') {
    reply.header('access-control-allow-private-network', 'true');
  }
}
