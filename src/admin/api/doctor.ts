// Part of admin: what is looked at when somebody asks whether everything works, for `sidecast doctor` and the page.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { durationMs } from '../../config/option.ts';
import type { DestinationId } from '../../model/signals.ts';
import { onlyFromHere } from './guard.ts';

/** One thing that was looked at. */
export interface Finding {
  about: 'configuration' | 'receivers' | 'journal' | DestinationId;
  step: string;
  status: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found, or what happened. */
  what: string;
  /** What that means for the data; with every failure. */
  data?: string;
  /** The one thing to do; with every failure. */
  fix?: string;
  link?: string;
}

export interface DoctorRequest {
  /** Nothing leaves the process. */
  isOffline: boolean;
  sendsTrace: boolean;
  waitMs: number;
}

/** `POST /api/doctor?offline=true&send=false&wait=20s` */
export interface Findings {
  findings: readonly Finding[];
}

export type Examine = (request: DoctorRequest) => Promise<readonly Finding[]>;

const DEFAULT_WAIT = '20s';
const MAX_WAIT_MS = 300_000;

export function addDoctorRoute(server: FastifyInstance, examine: Examine): void {
  server.post<{ Querystring: Readonly<Record<string, string>> }>(
    '/api/doctor',
    { preHandler: onlyFromHere },
    async ({ query }, reply): Promise<Findings | FastifyReply> => {
      const wait = durationMs().safeParse(query['wait'] ?? DEFAULT_WAIT);
      if (!wait.success) return reply.code(400).send({ message: 'nothing was done: wait is no duration' });
      const findings = await examine({
        isOffline: query['offline'] === 'true',
        sendsTrace: query['send'] !== 'false',
        waitMs: Math.min(wait.data, MAX_WAIT_MS),
      });
      return { findings };
    },
  );
}
