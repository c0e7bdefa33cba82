// Part of the sandbox: Rollbar's rate limit, told on every answer (docs, "Rate limits").
import type { Clock } from '../../model/clock.ts';

const WINDOW_MS = 60_000;

export class RateWindow {
  #startedAtMs = 0;
  #used = 0;
  readonly #limit: number;
  readonly #clock: Clock;

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** False when the window is used up. */
  take(): boolean {
    this.#turn();
    if (this.#used >= this.#limit) return false;
    this.#used += 1;
    return true;
  }

  headers(): Record<string, string> {
    this.#turn();
    const endsAtMs = this.#startedAtMs + WINDOW_MS;
    return {
      'x-rate-limit-limit': String(this.#limit),
      'x-rate-limit-remaining': String(this.#limit - this.#used),
      'x-rate-limit-reset': String(Math.ceil(endsAtMs / 1000)),
      'x-rate-limit-remaining-seconds': String(Math.ceil((endsAtMs - this.#clock.now()) / 1000)),
    };
  }

  #turn(): void {
    if (this.#clock.now() - this.#startedAtMs < WINDOW_MS) return;
    this.#startedAtMs = this.#clock.now();
    this.#used = 0;
  }
}
