// Part of admin: who may change something. A page of another site can send a form here, but not this header, and its browser says where from.
import type { FastifyReply, FastifyRequest } from 'fastify';

const HEADER = 'x-sidecast';

/** For every route that changes something. */
export async function onlyFromHere(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const message = refusal(request);
  return message === undefined ? undefined : reply.code(403).send({ message });
}

function refusal({ headers }: FastifyRequest): string | undefined {
  if (headers[HEADER] === undefined)
    return 'nothing was done: the header X-Sidecast is missing; send X-Sidecast: 1';
  const { origin, host } = headers;
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) return undefined;
  return 'nothing was done: the request comes from a page of another origin';
}
