// Part of the sandbox: `/_sandbox/*`, by which demo, tests and people read counts and switch faults (DESIGN section 2).
import type { FastifyInstance } from 'fastify';
import { DESTINATION_IDS, type DestinationId } from '../model/signals.ts';
import { parseFault } from './faults.ts';
import type { Sandbox } from './index.ts';
import { asObject, parseObject } from './vendor.ts';

export function addApi(app: FastifyInstance, sandbox: Omit<Sandbox, 'url' | 'port' | 'close'>): void {
  app.get('/_sandbox/counts', () => sandbox.counts());

  app.post('/_sandbox/audit', (request, reply) => {
    const { destination, ids } = bodyOf(request.body);
    const id = destinationOf(destination);
    if (!id) return reply.code(400).send({ message: unknownDestination });
    if (!Array.isArray(ids) || !ids.every((each) => typeof each === 'string')) {
      return reply.code(400).send({ message: 'ids: expected a list of strings' });
    }
    return sandbox.audit(id, ids);
  });

  app.put<{ Params: { id: string } }>('/_sandbox/faults/:id', (request, reply) => {
    const id = destinationOf(request.params.id);
    if (!id) return reply.code(404).send({ message: unknownDestination });
    const fault = parseFault(bodyOf(request.body));
    if (typeof fault === 'string') return reply.code(400).send({ message: fault });
    sandbox.setFault(id, fault);
    return fault;
  });

  app.get<{ Params: { id: string }; Querystring: { limit?: string } }>(
    '/_sandbox/items/:id',
    (request, reply) => {
      const id = destinationOf(request.params.id);
      if (!id) return reply.code(404).send({ message: unknownDestination });
      const { limit } = request.query;
      if (limit !== undefined && !/^\d+$/.test(limit))
        return reply.code(400).send({ message: 'limit: expected a number' });
      return reply.send(sandbox.items(id, limit === undefined ? undefined : Number(limit)));
    },
  );

  app.delete('/_sandbox/items', (_request, reply) => {
    sandbox.reset();
    return reply.code(204).send();
  });
}

const unknownDestination = `expected one of ${DESTINATION_IDS.join(', ')}`;

const destinationOf = (value: unknown): DestinationId | undefined =>
  DESTINATION_IDS.find((id) => id === value);

const bodyOf = (body: unknown): Readonly<Record<string, unknown>> =>
  Buffer.isBuffer(body) ? (parseObject(body) ?? {}) : (asObject(body) ?? {});
