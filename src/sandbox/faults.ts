// Part of the sandbox: faults that are switched per destination while it runs (DESIGN section 2).
import type { DestinationId } from '../model/signals.ts';
import { asObject } from './vendor.ts';

export type Fault =
  | { kind: 'none' }
  /** Answers with this status; `retryAfter` in seconds or as an HTTP date. */
  | { kind: 'status'; status: number; retryAfter?: number | string | undefined }
  /** Takes the request and never answers; the connection ends when the fault changes. */
  | { kind: 'hang' }
  /**
   * Cuts the connection: once the request has been read and nothing was taken, while its body arrives, or in the middle of
   * the answer to a request that was taken.
   */
  | { kind: 'reset'; at?: ResetAt | undefined }
  | { kind: 'slow'; delayMs: number }
  /** Refuses every second item in the vendor's own way; `status` 429 makes X-Ray name a throttle code. */
  | { kind: 'partial'; status?: number | undefined }
  /** One item that makes the whole request fail: as unreadable, or with this status. */
  | { kind: 'poison'; itemId: string; status?: number | undefined }
  /** Somebody else answers in the vendor's name: 200 and a web page, as a captive portal or a proxy would. */
  | { kind: 'html' };

export type ResetAt = (typeof RESET_AT)[number];
const RESET_AT = ['request', 'body', 'answer'] as const;

const NONE: Fault = { kind: 'none' };
const BAD_STATUS = 'status: expected a whole number from 400 to 599';

/** The fault, or what is wrong with the body of `PUT /_sandbox/faults/<id>`. */
export function parseFault(body: unknown): Fault | string {
  const { kind, status, retryAfter, delayMs, itemId, at } = asObject(body) ?? {};
  const statusIsValid =
    typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599;
  switch (kind) {
    case 'none':
    case 'hang':
    case 'html':
      return { kind };
    case 'reset': {
      const moment = RESET_AT.find((known) => known === at);
      if (at === undefined) return { kind };
      return moment ? { kind, at: moment } : `at: expected one of ${RESET_AT.join(', ')}`;
    }
    case 'status':
      if (!statusIsValid) return BAD_STATUS;
      if (retryAfter === undefined) return { kind, status };
      if (typeof retryAfter === 'string' || (typeof retryAfter === 'number' && retryAfter >= 0)) {
        return { kind, status, retryAfter };
      }
      return 'retryAfter: expected seconds or an HTTP date';
    case 'slow':
      return typeof delayMs === 'number' && delayMs >= 0
        ? { kind, delayMs }
        : 'delayMs: expected milliseconds';
    case 'partial':
      if (status === undefined) return { kind };
      return statusIsValid ? { kind, status } : BAD_STATUS;
    case 'poison':
      if (typeof itemId !== 'string' || itemId === '') return 'itemId: expected the id of an item';
      if (status === undefined) return { kind, itemId };
      return statusIsValid ? { kind, itemId, status } : BAD_STATUS;
    default:
      return 'kind: expected one of none, status, hang, reset, slow, partial, poison, html';
  }
}

/** The switch of one destination. */
export class FaultSwitch {
  #fault: Fault = NONE;
  readonly #waiting = new Set<() => void>();

  get current(): Fault {
    return this.#fault;
  }

  /** How many requests are under the fault now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  set(fault: Fault): void {
    this.#fault = fault;
    for (const release of this.#waiting) release();
  }

  /** The next `set`, for requests that a fault holds; `forget` when it no longer matters. */
  change(): { happened: Promise<void>; forget: () => void } {
    let release = () => {};
    const happened = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#waiting.add(release);
    return { happened, forget: () => this.#waiting.delete(release) };
  }
}

export type FaultSwitches = Readonly<Record<DestinationId, FaultSwitch>>;

/** Tells every second call; a request of one item is then hit every second time, not always. */
export function everySecond(): () => boolean {
  let count = 0;
  return () => {
    count += 1;
    return count % 2 === 0;
  };
}
