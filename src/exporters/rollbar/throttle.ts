// Part of exporters/rollbar: one error in a loop must not use up a project's quota. What is held back is counted, and told.
import { createHash } from 'node:crypto';
import { textOf } from '../../model/http-request.ts';
import type { Occurrence } from './occurrence.ts';

const WINDOW_MS = 60_000;
/** Beyond the limit every so many goes out, with the count: how bad it is stays visible while it lasts. */
const ONE_IN = 100;
/** Of windows, and of errors with a count that is still to be told: about 200 bytes each. What is forgotten is let through. */
const MAX_REMEMBERED = 2000;
/** Where a stack is longer, its beginning tells it apart. */
const MAX_STACK_CHARS = 32 * 1024;

/** Where an occurrence lies: a record's position, and the number of the occurrence in it. */
export interface OccurrencePlace {
  position: number;
  ordinal: number;
  receivedAtMs: number;
}

export type Admission = { admitted: true; suppressed: number } | { admitted: false };

interface Window {
  count: number;
  /** Places, for when their records are encoded again. */
  letThrough: Set<string>;
}

/**
 * Windows are those of the time of receipt, so a backlog is treated as it would have been when it came in. Records come in any
 * order (some wait for the other half of their request), and a record may come again.
 */
export class Throttle {
  readonly #maxPerMinute: number;
  readonly #windows = new Map<string, Window>();
  /** Held back since the last item that went out, by fingerprint. */
  readonly #suppressed = new Map<string, number>();
  /** What an item told, for when its record is encoded again. */
  readonly #told = new Map<string, number>();
  /** Places that are settled: when one is encoded with another of its record again, it is not counted again. */
  readonly #heldBack = new Map<string, true>();

  /** 0: nothing is held back. */
  constructor(maxPerMinute: number) {
    this.#maxPerMinute = maxPerMinute;
  }

  admit(fingerprint: string, place: OccurrencePlace): Admission {
    if (this.#maxPerMinute === 0) return { admitted: true, suppressed: 0 };
    const { position, ordinal, receivedAtMs } = place;
    const name = `${position}:${ordinal}`;
    const key = `${Math.floor(receivedAtMs / WINDOW_MS)}:${fingerprint}`;
    const window = this.#windows.get(key) ?? { count: 0, letThrough: new Set() };
    if (window.letThrough.has(name)) return { admitted: true, suppressed: this.#told.get(name) ?? 0 };
    if (this.#heldBack.has(name)) return { admitted: false };
    window.count += 1;
    remember(this.#windows, key, window);
    const beyond = window.count - this.#maxPerMinute;
    const suppressed = this.#suppressed.get(fingerprint) ?? 0;
    if (beyond > 0 && beyond % ONE_IN !== 0) {
      remember(this.#suppressed, fingerprint, suppressed + 1);
      remember(this.#heldBack, name, true);
      return { admitted: false };
    }
    window.letThrough.add(name);
    this.#suppressed.delete(fingerprint);
    if (suppressed > 0) remember(this.#told, name, suppressed);
    return { admitted: true, suppressed };
  }
}

/** Lines that name a place, whatever the language: messages of causes differ where the error is the same. */
const PLACE = /line \d+|[:(]\d+/;

/** What Rollbar groups by, roughly and without parsing: class and places for a stack, else words without their numbers. */
export function fingerprintOf(occurrence: Occurrence): string {
  const { type, message, stack, name, resource } = occurrence;
  const places = stack
    .slice(0, MAX_STACK_CHARS)
    .replace(message, '')
    .split('\n')
    .filter((line) => PLACE.test(line))
    .join('\n');
  const words = places === '' ? `${name}\n${message}` : places;
  const kind = [textOf(resource.attributes, 'service.name'), type, words].join('\n');
  return createHash('sha1')
    .update(kind.replace(/0x[0-9a-f]+|\d+/gi, ''))
    .digest('base64');
}

/** The latest is last; the oldest goes when there are too many. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
}
