// Part of correlation: which services speak OTLP, which X-Ray, and which names are one service (DESIGN section 5).
import { mergeSpeakers, newSpeaker, type Protocol, type Speaker, speakerFrom } from './speaker.ts';

/** Translated copies of a service wait this long after it was first heard: by then its other protocol was heard, too. */
export const FIRST_HEARING_MS = 10_000;
/** A protocol is forgotten when so much of the service's own traffic passed without it. */
const FORGET_AFTER_MS = 86_400_000;
/** What a pause counts at most as traffic: nights and weekends forget nothing. */
const MAX_PAUSE_MS = 3_600_000;
/** Names may come from clients (dynamic naming takes the Host header). */
const MAX_SPEAKERS = 1024;
const MAX_PEERS = 16;
/** So many requests of two names must have been paired before the names are one speaker. */
const PAIRS_TO_JOIN = 3;
const MAX_TRIED = 256;

export type SpeakerChange =
  | { kind: 'learnt' | 'forgotten'; names: readonly string[]; protocol: Protocol }
  | { kind: 'joined'; names: readonly string[] };

export class Speakers {
  /** By each of their names, in lower case. */
  readonly #byName = new Map<string, Speaker>();
  readonly #tried = new Map<string, number>();
  readonly #onChange: (change: SpeakerChange) => void;
  #lastNewMs: number | undefined;

  constructor(onChange: (change: SpeakerChange) => void = () => undefined) {
    this.#onChange = onChange;
  }

  all(): readonly Speaker[] {
    return [...new Set(this.#byName.values())];
  }

  /** What an earlier run learnt. Who was new when that ended is so still: its undecided copies wait in the journal. */
  restore(remembered: readonly unknown[], nowMs: number): void {
    for (const one of remembered.slice(0, MAX_SPEAKERS)) {
      const speaker = speakerFrom(one);
      if (!speaker) continue;
      for (const name of speaker.names) this.#byName.set(name, speaker);
      if (speaker.lastHeardMs - speaker.firstHeardMs >= FIRST_HEARING_MS) continue;
      speaker.firstHeardMs = nowMs;
      this.#lastNewMs = nowMs;
    }
  }

  heard(protocol: Protocol, service: string, peer: string, nowMs: number): void {
    if (service === '') return;
    const name = service.toLowerCase();
    const speaker = this.#byName.get(name) ?? this.#add(name, nowMs);
    // The user may have named it before.
    if (!speaker.spoken.otlp && !speaker.spoken.xray) {
      speaker.firstHeardMs = nowMs;
      this.#lastNewMs = nowMs;
    }
    speaker.trafficMs += Math.min(MAX_PAUSE_MS, Math.max(0, nowMs - speaker.lastHeardMs));
    speaker.lastHeardMs = nowMs;
    if (protocol === 'xray' && speaker.peers.size < MAX_PEERS) speaker.peers.add(peer);
    const known = speaker.spoken[protocol];
    if (known) {
      known.lastAtMs = nowMs;
      known.lastTrafficMs = speaker.trafficMs;
    } else {
      speaker.spoken[protocol] = { sinceMs: nowMs, lastAtMs: nowMs, lastTrafficMs: speaker.trafficMs };
      this.#tell('learnt', speaker, protocol);
    }
    this.#forgetSilent(speaker);
  }

  /** The X-Ray SDK of that peer asks for sampling rules: it is there, also when none of its requests is sampled. */
  polled(peer: string): void {
    for (const speaker of this.all()) {
      const { xray } = speaker.spoken;
      if (xray && speaker.peers.has(peer)) xray.lastTrafficMs = speaker.trafficMs;
    }
  }

  /** Requests that both names describe are evidence that they are one service. */
  paired(otlpName: string, xrayName: string): void {
    const [a, b] = [this.#byName.get(otlpName.toLowerCase()), this.#byName.get(xrayName.toLowerCase())];
    if (!a || !b || a === b) return;
    const key = `${otlpName}\u0000${xrayName}`.toLowerCase();
    const times = (this.#tried.get(key) ?? 0) + 1;
    this.#tried.delete(key);
    if (times < PAIRS_TO_JOIN) this.#tried.set(key, times);
    else this.#join(a, b);
    const oldest = this.#tried.keys().next();
    if (this.#tried.size > MAX_TRIED && !oldest.done) this.#tried.delete(oldest.value);
  }

  /** The user says that these are one service. */
  alias(names: readonly string[], nowMs: number): void {
    const [first, ...others] = names.map(
      (name) => this.#byName.get(name.toLowerCase()) ?? this.#add(name.toLowerCase(), nowMs),
    );
    for (const other of others) if (first && other !== first) this.#join(first, other);
  }

  speaks(protocol: Protocol, service: string): boolean {
    return this.#byName.get(service.toLowerCase())?.spoken[protocol] !== undefined;
  }

  /** Of a lone subsegment, which names no service: true when all X-Ray services of that peer speak it; undefined without any. */
  peerSpeaks(protocol: Protocol, peer: string): boolean | undefined {
    const there = this.all().filter(({ spoken, peers }) => spoken.xray && peers.has(peer));
    return there.length === 0 ? undefined : there.every(({ spoken }) => spoken[protocol]);
  }

  /** True when any service is known to speak it: else nothing needs to be looked at. */
  isSpoken(protocol: Protocol): boolean {
    for (const { spoken } of this.#byName.values()) if (spoken[protocol]) return true;
    return false;
  }

  /** When a name was heard for the first time in this run, the last time that happened. */
  get lastNewMs(): number | undefined {
    return this.#lastNewMs;
  }

  /** Undefined for a name that was never heard. */
  firstHeardMs(service: string): number | undefined {
    return this.#byName.get(service.toLowerCase())?.firstHeardMs;
  }

  #add(name: string, nowMs: number): Speaker {
    if (this.#byName.size >= MAX_SPEAKERS) this.#dropQuietest();
    const speaker = newSpeaker(name, nowMs);
    this.#lastNewMs = nowMs;
    this.#byName.set(name, speaker);
    return speaker;
  }

  #dropQuietest(): void {
    const all = [...this.#byName.values()];
    const quietest = all.reduce((a, b) => (b.lastHeardMs < a.lastHeardMs ? b : a));
    for (const name of quietest.names) this.#byName.delete(name);
  }

  #join(a: Speaker, b: Speaker): void {
    mergeSpeakers(a, b);
    for (const name of b.names) this.#byName.set(name, a);
    this.#onChange({ kind: 'joined', names: [...a.names] });
  }

  #forgetSilent(speaker: Speaker): void {
    for (const protocol of ['otlp', 'xray'] as const) {
      const known = speaker.spoken[protocol];
      if (!known || speaker.trafficMs - known.lastTrafficMs < FORGET_AFTER_MS) continue;
      delete speaker.spoken[protocol];
      this.#tell('forgotten', speaker, protocol);
    }
  }

  #tell(kind: 'learnt' | 'forgotten', { names }: Speaker, protocol: Protocol): void {
    this.#onChange({ kind, names: [...names], protocol });
  }
}
