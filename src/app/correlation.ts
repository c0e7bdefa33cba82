// Part of app: who speaks what: fed by intake and the sampling API, remembered on disk, read by delivery and /status.
import { join } from 'node:path';
import { createHearing } from '../correlation/hearing.ts';
import { type IdsOf, Pairs } from '../correlation/pairs.ts';
import { nothingRemembered, rememberedIn } from '../correlation/remembered.ts';
import { type RoutingStatus, routingStatus } from '../correlation/report.ts';
import { Speakers } from '../correlation/speakers.ts';
import { type Chooser, onlyWhile } from '../delivery/choice.ts';
import { nativeFirst } from '../delivery/native-first.ts';
import { pairHold } from '../delivery/pair-hold.ts';
import type { Routing } from '../delivery/routing.ts';
import { telemetryEndpoints, telemetryFinder, telemetrySpans } from '../delivery/telemetry-spans.ts';
import type { Clock } from '../model/clock.ts';
import type { Component } from '../model/component.ts';
import type { Accepted, DestinationId } from '../model/signals.ts';
import type { Events } from '../telemetry/events.ts';
import { createLineLimit } from '../telemetry/line-limit.ts';
import type { AppConfig } from './options.ts';
import { createRatios } from './ratios.ts';

export interface CorrelationOptions {
  config: AppConfig;
  /** As it is now. */
  routing(): Routing;
  /** Null where nothing is kept on disk. */
  dataDir: string | null;
  events: Pick<Events, 'speaker'>;
  clock: Clock;
}

export interface Correlation extends Component {
  idsOf: IdsOf;
  hear(accepted: Accepted): Accepted;
  onPoll(peer: string): void;
  choosers(destination: DestinationId): readonly Chooser[];
  status(): RoutingStatus;
  /** The ratios of another configuration. */
  applyRules(config: AppConfig): void;
}

const FILE = 'speakers.json';
/** What was learnt is written at once; how much traffic passed, in this time. */
const WRITE_EVERY_MS = 600_000;
/** Names that come together are written together. */
const WRITE_AFTER_MS = 1000;

export function buildCorrelation({
  config,
  routing,
  dataDir,
  events,
  clock,
}: CorrelationOptions): Correlation {
  const { serviceAliases = [], telemetrySpans: ofTelemetry } = config.process;
  const findTelemetry = telemetryFinder(telemetryEndpoints(endpointsOf(config)));
  const remembered = dataDir === null ? nothingRemembered : rememberedIn(join(dataDir, FILE));
  let cancel: () => void = () => undefined;
  const mayTell = createLineLimit(clock);
  const speakers = new Speakers((change) => {
    if (mayTell())
      events.speaker(change.kind, change.names, 'protocol' in change ? change.protocol : undefined);
    writeIn(WRITE_AFTER_MS);
  });
  const pairs = new Pairs((otlp, xray) => speakers.paired(otlp, xray));

  function writeIn(delayMs: number): void {
    cancel();
    cancel = clock.schedule(delayMs, () => {
      void remembered.write(speakers.all());
      writeIn(WRITE_EVERY_MS);
    });
  }

  const ratios = createRatios(config.process);

  return {
    idsOf: (traceId, side) => pairs.idsOf(traceId, side),
    hear: createHearing({ speakers, pairs, clock }),
    onPoll: (peer) => speakers.polled(peer),
    choosers(destination) {
      const nowMs = () => clock.now();
      const showsSpans = destination === 'honeycomb' || destination === 'aws-xray';
      const hold = pairHold(destination, pairs, nowMs);
      return [
        onlyWhile(() => routing() === 'native', nativeFirst(destination, speakers, nowMs)),
        ...(hold ? [hold] : []),
        ratios.chooser(destination),
        ...(showsSpans && ofTelemetry !== 'keep' ? [telemetrySpans(ofTelemetry, findTelemetry)] : []),
      ];
    },
    status: () => routingStatus(routing(), speakers.all(), ratios.status()),
    applyRules: (renewed) => ratios.apply(renewed.process),
    async start() {
      speakers.restore(await remembered.read(), clock.now());
      for (const names of serviceAliases) speakers.alias(names, clock.now());
      writeIn(WRITE_EVERY_MS);
    },
    async shutdown() {
      cancel();
      cancel = () => undefined;
      await remembered.write(speakers.all());
    },
  };
}

function endpointsOf({ honeycomb, rollbar, xray, cloudwatchLogs }: AppConfig): readonly URL[] {
  return [honeycomb.endpoint, rollbar.endpoint, xray.endpoint, cloudwatchLogs.endpoint].filter(
    (url) => url !== undefined,
  );
}
