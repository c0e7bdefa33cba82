// Part of intake: bounds the bytes of bodies that are being received, decided before a body is read.

/** A body's share of the bytes in flight. `release` is safe twice. */
export interface Reservation {
  /** Raises the share to `totalBytes`; false (and nothing changes) when that would pass the bound. */
  growTo(totalBytes: number): boolean;
  release(): void;
}

export interface Admission {
  readonly bytesInFlight: number;
  reserve(bytes: number): Reservation | undefined;
}

export function createAdmission(maxBytesInFlight: number): Admission {
  let bytesInFlight = 0;
  return {
    get bytesInFlight() {
      return bytesInFlight;
    },
    reserve(bytes) {
      if (bytesInFlight + bytes > maxBytesInFlight) return undefined;
      bytesInFlight += bytes;
      let held = bytes;
      return {
        growTo(totalBytes) {
          const more = totalBytes - held;
          if (more <= 0) return true;
          if (bytesInFlight + more > maxBytesInFlight) return false;
          bytesInFlight += more;
          held = totalBytes;
          return true;
        },
        release() {
          bytesInFlight -= held;
          held = 0;
        },
      };
    },
  };
}
