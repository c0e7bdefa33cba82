// Part of the model: a value that prints masked wherever it ends up.
import { inspect } from 'node:util';

/** Where a value came from. */
export interface SecretOrigin {
  /** The one thing to do to give another value: `Set HONEYCOMB_API_KEY to <what>.` */
  remedy(what: string): string;
  /** The value that is there now, where it can change while the process runs. */
  reread?(): string | undefined;
}

const MASK = '********';
/** Enough to tell two keys apart, and of a long one little enough. */
const SHOWN_CHARS = 4;
const SHOWN_FROM_CHARS = 20;

/** For people who ask which key it is. */
export function masked(secret: string): string {
  return secret.length < SHOWN_FROM_CHARS ? MASK : MASK + secret.slice(-SHOWN_CHARS);
}

/** Of a URL, also one without its scheme, as people write proxies: user and password masked. */
export function withoutUserinfo(url: string): string {
  return url.replace(/(:\/\/|^(?=[^/?#\s]*:))[^/?#\s]*@/, `$1${MASK}@`);
}

export class Secret {
  #value: string;
  readonly #origin: SecretOrigin | undefined;

  constructor(value: string, origin?: SecretOrigin) {
    this.#value = value;
    this.#origin = origin;
  }

  /** The value itself: for a header or a signature, never for text that people read. */
  reveal(): string {
    return this.#value;
  }

  from(origin: SecretOrigin): Secret {
    return new Secret(this.#value, origin);
  }

  /** For the fix of a refusal: names what was really used. */
  remedy(what: string): string {
    return this.#origin?.remedy(what) ?? `Use ${what}.`;
  }

  /** Somebody refused the value: `reveal` gives a newer one if there is one by now. */
  refresh(): void {
    this.#value = this.#origin?.reread?.() || this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
