// Part of admin/api: what the routes read from.
import type { IdsOf } from '../../correlation/pairs.ts';
import type { Exporter } from '../../delivery/exporter.ts';
import type { Clock } from '../../model/clock.ts';
import type { DestinationId } from '../../model/signals.ts';
import type { Recent } from '../../recent/recent.ts';
import type { Status } from '../status.ts';
import type { Pipeline } from './shapes.ts';

export interface ApiSources {
  recent: Recent;
  /** Of those that are on, once they are built. */
  exporters: ReadonlyMap<DestinationId, Exporter<unknown>>;
  /** Which two traces are one request. */
  idsOf: IdsOf;
  status(): Promise<Status>;
  pipeline(): Promise<Pipeline>;
  clock: Clock;
  /** What showing something failed on; nothing that was received is concerned. */
  onBug(error: Error): void;
}
