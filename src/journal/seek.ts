// Part of the journal: finds where the next thing begins that can be read, behind damage.

export interface Source {
  readonly length: number;
  read(offset: number, bytes: number, into?: Buffer): Promise<Buffer>;
}

const WINDOW_BYTES = 64 * 1024;

/** The first offset from `from` on where `marker` lies and `matches` agrees, given `headBytes` from there; else undefined. */
export async function seek(
  source: Source,
  from: number,
  marker: Buffer,
  headBytes: number,
  matches: (window: Buffer, at: number, offset: number) => boolean,
): Promise<number | undefined> {
  const buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  // Windows overlap by less than a head, so that none is cut in two.
  for (let start = from; start < source.length; start += WINDOW_BYTES - headBytes + 1) {
    const window = await source.read(start, WINDOW_BYTES, buffer);
    for (let at = window.indexOf(marker); at >= 0; at = window.indexOf(marker, at + 1)) {
      if (at + headBytes <= window.length && matches(window, at, start + at)) return start + at;
    }
  }
  return undefined;
}
