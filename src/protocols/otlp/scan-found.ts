// Part of protocols/otlp: what the scan finds out about an item.

export const Found = { INVALID: 1, SERVER: 2, ERROR: 4, EXCEPTION: 8, UNTIMED: 16, CROWDED: 32 } as const;

/** Whether `pattern` is what stands at `pos`. The caller knows that there are enough bytes. */
export function bytesEqual(b: Uint8Array, pos: number, pattern: Uint8Array): boolean {
  for (let i = 0; i < pattern.length; i++) if (b[pos + i] !== pattern[i]) return false;
  return true;
}

/** Cut out for that. */
export const CROWDED = Found.INVALID | Found.CROWDED;
