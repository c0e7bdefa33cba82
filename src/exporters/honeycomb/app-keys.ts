// Part of exporters/honeycomb: keys that apps send in x-honeycomb-team, where sidecast has none of its own. In memory only.
import { createHash } from 'node:crypto';

/** What a record stores instead of a key. */
export type KeyRef = string;

export interface AppKeys {
  /** The key's reference; from here on `reveal` knows it. Undefined for an empty key: an unset variable in the app's settings. */
  learn(key: string | undefined): KeyRef | undefined;
  /** Undefined after a restart, until an app sends the key again, and for one that 16 others came after. */
  reveal(keyRef: KeyRef): string | undefined;
}

const MAX_KEYS = 16;
/** 64 bits of a hash: enough to tell keys apart, too few to be a key. */
const REF_DIGITS = 16;

/** `onLearnt` is told of each key that was not known. */
export function createAppKeys(onLearnt: () => void): AppKeys {
  /** The one that was used last is the last one. */
  const keys = new Map<KeyRef, string>();
  const refs = new Map<string, KeyRef>();

  function forgetOldest(): void {
    const [oldest] = keys;
    if (!oldest) return;
    keys.delete(oldest[0]);
    refs.delete(oldest[1]);
  }

  return {
    learn(key) {
      if (key === undefined || key === '') return undefined;
      const known = refs.get(key);
      const keyRef = known ?? createHash('sha256').update(key).digest('hex').slice(0, REF_DIGITS);
      keys.delete(keyRef);
      keys.set(keyRef, key);
      if (known !== undefined) return keyRef;
      refs.set(key, keyRef);
      if (keys.size > MAX_KEYS) forgetOldest();
      onLearnt();
      return keyRef;
    },
    reveal: (keyRef) => keys.get(keyRef),
  };
}
