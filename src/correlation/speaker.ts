// Part of correlation: one service that sends traces, under all of its names.

export type Protocol = 'otlp' | 'xray';

export interface Spoken {
  sinceMs: number;
  lastAtMs: number;
  /** The speaker's `trafficMs` when it was heard last. */
  lastTrafficMs: number;
}

export interface Speaker {
  /** In lower case. */
  names: Set<string>;
  firstHeardMs: number;
  lastHeardMs: number;
  /** How long it has been sending, long pauses left out. */
  trafficMs: number;
  spoken: Partial<Record<Protocol, Spoken>>;
  /** Where its segments come from, in this run. */
  peers: Set<string>;
}

export function newSpeaker(name: string, nowMs: number): Speaker {
  return {
    names: new Set([name]),
    firstHeardMs: nowMs,
    lastHeardMs: nowMs,
    trafficMs: 0,
    spoken: {},
    peers: new Set(),
  };
}

/** Everything of `b` becomes `a`'s. */
export function mergeSpeakers(a: Speaker, b: Speaker): void {
  const trafficMs = Math.max(a.trafficMs, b.trafficMs);
  for (const protocol of ['otlp', 'xray'] as const) {
    // Silence is counted in one's own traffic, so it moves along with that.
    const both = [a, b].flatMap(({ spoken, trafficMs: own }) => {
      const known = spoken[protocol];
      return known ? [{ ...known, lastTrafficMs: known.lastTrafficMs + trafficMs - own }] : [];
    });
    const [first, second = first] = both;
    if (!first || !second) continue;
    a.spoken[protocol] = {
      sinceMs: Math.min(first.sinceMs, second.sinceMs),
      lastAtMs: Math.max(first.lastAtMs, second.lastAtMs),
      lastTrafficMs: Math.max(first.lastTrafficMs, second.lastTrafficMs),
    };
  }
  a.trafficMs = trafficMs;
  a.firstHeardMs = Math.min(a.firstHeardMs, b.firstHeardMs);
  a.lastHeardMs = Math.max(a.lastHeardMs, b.lastHeardMs);
  for (const name of b.names) a.names.add(name);
  for (const peer of b.peers) a.peers.add(peer);
}

/** As it is remembered on disk. */
export function toRemembered({ names, peers: _, ...rest }: Speaker): object {
  return { names: [...names], ...rest };
}

/** Undefined for what is no speaker: the file may be anything. */
export function speakerFrom(value: unknown): Speaker | undefined {
  const one = value as Partial<Omit<Speaker, 'names'>> & { names?: unknown };
  if (typeof value !== 'object' || value === null || !Array.isArray(one.names)) return undefined;
  const names = one.names.filter((name): name is string => typeof name === 'string' && name !== '');
  const { firstHeardMs, lastHeardMs, trafficMs } = one;
  if (names.length === 0 || !isNumber(firstHeardMs) || !isNumber(lastHeardMs) || !isNumber(trafficMs))
    return undefined;
  const spoken: Speaker['spoken'] = {};
  for (const protocol of ['otlp', 'xray'] as const) {
    const known = one.spoken?.[protocol];
    if (known && isNumber(known.sinceMs) && isNumber(known.lastAtMs) && isNumber(known.lastTrafficMs))
      spoken[protocol] = { ...known };
  }
  return { names: new Set(names), firstHeardMs, lastHeardMs, trafficMs, spoken, peers: new Set() };
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
