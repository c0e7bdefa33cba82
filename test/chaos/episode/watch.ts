// Part of the chaos tests: looks at /status all the time, because a killed process takes its counts with it.
import { DESTINATION_IDS } from '../../../src/model/signals.ts';
import type { Sidecast } from '../../support/sidecast.ts';

/** What one run of the process was last seen to have counted. */
export interface LastSeen {
  startedAt: string;
  segmentsAccepted: number;
  segmentsRefused: number;
  kernelDrops: number;
  /** Datagrams that had been sent in all when this run was first and last looked at. */
  sentAtFirst: number;
  sentAtLast: number;
  dropped: number;
}

export interface Watch {
  readonly runs: readonly LastSeen[];
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 50;

export function watchStatus(sidecast: Sidecast, datagramsSent: () => number): Watch {
  const runs: LastSeen[] = [];
  let isStopped = false;
  const looking = (async () => {
    while (!isStopped) {
      const sentBefore = datagramsSent();
      const status = await sidecast.status().catch(() => undefined);
      if (status) {
        const { accepted, refused, kernelDrops } = status.receivers['aws-xray'];
        const same = runs.at(-1)?.startedAt === status.startedAt ? runs.pop() : undefined;
        runs.push({
          startedAt: status.startedAt,
          segmentsAccepted: accepted.segments,
          segmentsRefused: Object.values(refused).reduce((sum, count) => sum + count, 0),
          kernelDrops: kernelDrops ?? 0,
          sentAtFirst: same?.sentAtFirst ?? sentBefore,
          sentAtLast: sentBefore,
          dropped: DESTINATION_IDS.reduce((sum, id) => sum + status.destinations[id].counts.dropped, 0),
        });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  })();
  return {
    runs,
    async stop() {
      isStopped = true;
      await looking;
    },
  };
}
