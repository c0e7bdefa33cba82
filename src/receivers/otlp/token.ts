// Part of receivers/otlp: the bearer token that clients present when one is set.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../model/secret.ts';
import { StatusCodes } from '../../protocols/otlp/status.ts';
import { Refusal } from './refusal.ts';

/** A function that throws a Refusal for a request without the right Authorization header. */
export function tokenCheck(token: Secret | undefined): (authorization: string | undefined) => void {
  if (!token || token.reveal() === '') return () => {};
  const expected = digest(token.reveal());
  return (authorization) => {
    const presented = /^bearer +(.+)$/i.exec(authorization ?? '')?.[1]?.trim();
    // Digests have one length, so that the comparison takes the same time for every token.
    if (presented !== undefined && timingSafeEqual(digest(presented), expected)) return;
    throw new Refusal(
      401,
      StatusCodes.UNAUTHENTICATED,
      'unauthorized',
      'the Authorization header does not carry the token of SIDECAST_INGEST_TOKEN: ' +
        'set OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20<token>"',
      { 'www-authenticate': 'Bearer' },
    );
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
