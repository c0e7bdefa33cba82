// Part of correlation: who speaks what, as /status shows it.
import type { DestinationId } from '../model/signals.ts';
import type { Speaker, Spoken } from './speaker.ts';

export type RoutingMode = 'native' | 'otlp' | 'all';

interface SpokenStatus {
  since: string;
  last: string;
}

export interface SpeakerStatus {
  names: readonly string[];
  otlp: SpokenStatus | null;
  xray: SpokenStatus | null;
  /** What follows from it. */
  explanation: string;
}

export interface RoutingStatus {
  mode: RoutingMode;
  explanation: string;
  /** Those heard last. */
  speakers: readonly SpeakerStatus[];
  moreSpeakers: number;
  /** Of destinations with a ratio. In a dry run, how many items it would have left out. */
  sampling: SamplingReport;
}

export type SamplingReport = Readonly<
  Partial<Record<DestinationId, { ratio: number; dryRun: boolean; wouldLeaveOut: number }>>
>;

const MAX_SHOWN = 100;

const MODES: Readonly<Record<RoutingMode, string>> = {
  native:
    'of a service that sends OTLP spans and X-Ray segments, AWS X-Ray gets the segments and the others get the spans; the other copy is skipped as native_first',
  otlp: 'AWS X-Ray gets translated spans; X-Ray segments are skipped as routing',
  all: 'everything goes everywhere: a service that sends both is shown twice',
};

export function routingStatus(
  mode: RoutingMode,
  speakers: readonly Speaker[],
  sampling: SamplingReport,
): RoutingStatus {
  const newest = speakers.toSorted((a, b) => b.lastHeardMs - a.lastHeardMs);
  return {
    mode,
    explanation: MODES[mode],
    speakers: newest.slice(0, MAX_SHOWN).map((speaker) => speakerStatus(mode, speaker)),
    moreSpeakers: Math.max(0, newest.length - MAX_SHOWN),
    sampling,
  };
}

function speakerStatus(mode: RoutingMode, { names, spoken }: Speaker): SpeakerStatus {
  return {
    names: [...names],
    otlp: spokenStatus(spoken.otlp),
    xray: spokenStatus(spoken.xray),
    explanation: mode === 'native' ? explain(spoken) : MODES[mode],
  };
}

function explain({ otlp, xray }: Speaker['spoken']): string {
  if (otlp && xray) return 'sends both: AWS X-Ray gets its segments, the others get its spans';
  if (otlp) return 'sends OTLP spans only: AWS X-Ray gets them translated';
  if (xray) return 'sends X-Ray segments only: the others get them translated';
  return 'sends no traces: nothing of it is skipped as native_first';
}

const spokenStatus = (spoken: Spoken | undefined): SpokenStatus | null =>
  spoken
    ? { since: new Date(spoken.sinceMs).toISOString(), last: new Date(spoken.lastAtMs).toISOString() }
    : null;
