// Part of correlation: which OTLP trace and which X-Ray trace are one request. Best effort and bounded; in doubt, no pair.

import type { Protocol } from './speaker.ts';

/** One request, as one of the two SDKs describes it. */
export interface RequestSeen {
  service: string;
  /** Same peer, method, path and status. */
  key: string;
  /** 32 hex digits. */
  traceId: string;
  startMs: number;
}

/** The same request in both worlds; the same id twice where there is one, or where the other is not known. */
export interface TraceIds {
  otlp: string;
  xray: string;
}

export type IdsOf = (traceId: string, side: Protocol) => TraceIds;

/** A segment starts 0.12 to 2.2 ms after its span, 37 pairs of 37 (facts on the clients, section 5); clocks tell whole milliseconds in places. */
const BEFORE_MS = 1;
const AFTER_MS = 5;
/** Wider than both, so that what is in reach lies in a slot or beside it. */
const SLOT_MS = 8;
/** A span arrives up to 5 s after its segment. */
const KEPT_MS = 30_000;
const MAX_SEEN = 8192;
const MAX_PAIRS = 8192;
/** Holding records is worth it while pairs are found; a quiet backend has one an hour. */
const PAIRING_MS = 7_200_000;

interface Candidate extends RequestSeen {
  side: Protocol;
  seenAtMs: number;
  /** Paired by time: the other one. */
  partner: Candidate | undefined;
}

export class Pairs {
  readonly #seen = new Set<Candidate>();
  /** By key and slot of time: a busy path has hundreds of requests a second. */
  readonly #bySlot = new Map<string, Set<Candidate>>();
  readonly #byTrace = new Map<string, Set<Candidate>>();
  /** The other id of a trace; undefined where two were found. */
  readonly #others = new Map<string, string | undefined>();
  readonly #onPair: (otlpService: string, xrayService: string) => void;
  #lastPairMs = Number.NEGATIVE_INFINITY;

  constructor(onPair: (otlpService: string, xrayService: string) => void = () => undefined) {
    this.#onPair = onPair;
  }

  /** True while services are known to describe requests twice. */
  isPairing(nowMs: number): boolean {
    return nowMs - this.#lastPairMs < PAIRING_MS;
  }

  idsOf(traceId: string, side: Protocol): TraceIds {
    const other = this.#others.get(`${side}:${traceId}`) ?? traceId;
    return side === 'otlp' ? { otlp: traceId, xray: other } : { otlp: other, xray: traceId };
  }

  see(side: Protocol, request: RequestSeen, nowMs: number): void {
    this.#forgetOld(nowMs);
    const one: Candidate = { ...request, side, seenAtMs: nowMs, partner: undefined };
    const same = this.#withSameId(one);
    if (same.length > 0) this.#agree(one, same, nowMs);
    else if (!this.#hasAgreed(one)) this.#match(one, nowMs);
    this.#keep(one);
  }

  /** Ids that agree win over whatever times suggest. */
  #agree(one: Candidate, same: readonly Candidate[], nowMs: number): void {
    for (const other of [one, ...same]) {
      this.#part(other);
      removeFrom(this.#bySlot, slotOf(other), other);
    }
    this.#remember(`otlp:${one.traceId}`, one.traceId);
    this.#remember(`xray:${one.traceId}`, one.traceId);
    this.#lastPairMs = nowMs;
    for (const other of same) if (other.key === one.key) this.#tell(one, other);
  }

  #match(one: Candidate, nowMs: number): void {
    const others = this.#near(one);
    const [other] = others;
    if (!other) return;
    // A third one in reach: nobody can tell who belongs to whom.
    const isClear = others.length === 1 && this.#near(other).length === 0 && !other.partner;
    if (!isClear) {
      for (const each of others) this.#part(each);
      return;
    }
    one.partner = other;
    other.partner = one;
    const [span, segment] = one.side === 'otlp' ? [one, other] : [other, one];
    this.#note(`otlp:${span.traceId}`, segment.traceId);
    this.#note(`xray:${segment.traceId}`, span.traceId);
    this.#lastPairMs = nowMs;
    this.#tell(one, other);
  }

  #tell(one: Candidate, other: Candidate): void {
    const [span, segment] = one.side === 'otlp' ? [one, other] : [other, one];
    this.#onPair(span.service, segment.service);
  }

  #withSameId(one: Candidate): Candidate[] {
    return [...(this.#byTrace.get(one.traceId) ?? [])].filter(({ side }) => side !== one.side);
  }

  #hasAgreed({ side, traceId }: Candidate): boolean {
    return this.#others.get(`${side}:${traceId}`) === traceId;
  }

  /** Those of the other side that started when this one did. */
  #near({ side, key, startMs }: Candidate): Candidate[] {
    const found: Candidate[] = [];
    for (const place of [-1, 0, 1]) {
      for (const other of this.#bySlot.get(slotOf({ key, startMs: startMs + place * SLOT_MS })) ?? []) {
        if (other.side === side) continue;
        const laterMs = side === 'otlp' ? other.startMs - startMs : startMs - other.startMs;
        if (laterMs >= -BEFORE_MS && laterMs <= AFTER_MS) found.push(other);
      }
    }
    return found;
  }

  /** What was paired by time is no pair. */
  #part(one: Candidate): void {
    const { partner } = one;
    if (!partner) return;
    for (const { side, traceId } of [one, partner]) this.#remember(`${side}:${traceId}`, undefined);
    one.partner = undefined;
    partner.partner = undefined;
  }

  #note(key: string, other: string): void {
    const known = this.#others.get(key);
    const isNew = !this.#others.has(key);
    this.#remember(key, isNew || known === other ? other : undefined);
  }

  #remember(key: string, other: string | undefined): void {
    this.#others.set(key, other);
    const oldest = this.#others.keys().next();
    if (this.#others.size > 2 * MAX_PAIRS && !oldest.done) this.#others.delete(oldest.value);
  }

  #keep(one: Candidate): void {
    this.#seen.add(one);
    addTo(this.#byTrace, one.traceId, one);
    if (!this.#hasAgreed(one)) addTo(this.#bySlot, slotOf(one), one);
  }

  #forgetOld(nowMs: number): void {
    for (const one of this.#seen) {
      if (this.#seen.size < MAX_SEEN && nowMs - one.seenAtMs < KEPT_MS) break;
      this.#seen.delete(one);
      removeFrom(this.#byTrace, one.traceId, one);
      removeFrom(this.#bySlot, slotOf(one), one);
    }
  }
}

function slotOf({ key, startMs }: Pick<RequestSeen, 'key' | 'startMs'>): string {
  return `${key}\u0000${Math.floor(startMs / SLOT_MS)}`;
}

function addTo(map: Map<string, Set<Candidate>>, key: string, one: Candidate): void {
  const known = map.get(key);
  if (known) known.add(one);
  else map.set(key, new Set([one]));
}

function removeFrom(map: Map<string, Set<Candidate>>, key: string, one: Candidate): void {
  const known = map.get(key);
  known?.delete(one);
  if (known?.size === 0) map.delete(key);
}
