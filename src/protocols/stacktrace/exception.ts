// Part of protocols/stacktrace: what every parser makes of a stack trace text.

export interface Frame {
  file: string;
  /** 0 when the text does not say. */
  line: number;
  column?: number;
  /** '' when the text does not say. */
  function: string;
  /** The source line, where the language prints it. */
  code?: string;
}

export interface Exception {
  /** '' when the text does not say. */
  type: string;
  message: string;
  /** Most recent call last. */
  frames: Frame[];
}

/** The final (outermost) exception first, its causes after it. */
export type Parser = (lines: readonly string[]) => Exception[];

/** `a.b.Type: message`, `Type`, or a bare message. */
export function splitHeadline(headline: string): { type: string; message: string } {
  const match = /^([\p{L}_$][\p{L}\p{N}_$.<>\\]*)(?: \[[A-Z_0-9]+\])?(?::\s([\s\S]*)|:?)$/u.exec(headline);
  if (!match) return { type: '', message: headline.trim() };
  return { type: match[1] ?? '', message: (match[2] ?? '').trim() };
}
