// Part of protocols/xray: the little of a document that advice needs, without parsing it.

/** A segment or subsegment, wherever in the document. */
export interface Skimmed {
  /** '' where it is not a text. */
  name: string;
  id: string;
}

export interface Skim extends Skimmed {
  isSubsegment: boolean;
  /** What the document calls in progress, itself included. */
  open: readonly Skimmed[];
}

interface Frame {
  name: string;
  id: string;
  isSubsegment: boolean;
  isOpen: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];
const LOWER_T = 0x74;
const ID = /^[0-9a-f]{16}$/i;

/** Walks the bytes once, up to `maxBytes`; what comes after is not seen. Never throws, whatever the bytes are. */
export function skim(document: Buffer, maxBytes = document.length): Skim {
  const end = Math.min(document.length, maxBytes);
  const outermost = newFrame();
  const frames: Frame[] = [];
  const open: Skimmed[] = [];
  let at = 0;
  while (at < end) {
    const byte = document[at];
    if (byte === QUOTE) {
      const close = endOfString(document, at, end);
      const value = skipSpaces(document, close + 1, end);
      // A value that is a string looks the same, but for the colon.
      const frame = frames.at(-1);
      if (frame && document[value] === COLON) {
        readMember(document, at, close, skipSpaces(document, value + 1, end), end, frame);
        at = value + 1;
      } else at = close + 1;
      continue;
    }
    if (byte === OPEN_OBJECT) frames.push(frames.length === 0 ? outermost : newFrame());
    else if (byte === CLOSE_OBJECT) {
      const frame = frames.pop();
      if (frame?.isOpen && frame.id !== '') open.push({ name: frame.name, id: frame.id });
    }
    at++;
  }
  return { name: outermost.name, id: outermost.id, isSubsegment: outermost.isSubsegment, open };
}

const newFrame = (): Frame => ({ name: '', id: '', isSubsegment: false, isOpen: false });

/** Keys that matter differ in length, so hardly any key is turned into a text. */
function readMember(
  document: Buffer,
  open: number,
  close: number,
  value: number,
  end: number,
  frame: Frame,
): void {
  const length = close - open - 1;
  if (length !== 2 && length !== 4 && length !== 11) return;
  const key = document.toString('latin1', open + 1, close);
  if (key === 'in_progress') frame.isOpen = document[value] === LOWER_T;
  else if (key === 'id') {
    const id = textAt(document, value, end);
    if (ID.test(id)) frame.id = id.toLowerCase();
  } else if (key === 'name') frame.name = textAt(document, value, end);
  else if (key === 'type') frame.isSubsegment = textAt(document, value, end) === 'subsegment';
}

function textAt(document: Buffer, at: number, end: number): string {
  if (document[at] !== QUOTE) return '';
  try {
    return JSON.parse(document.toString('utf8', at, endOfString(document, at, end) + 1)) as string;
  } catch {
    return '';
  }
}

/** Where the closing quote is, or `end`. */
function endOfString(document: Buffer, open: number, end: number): number {
  let at = open + 1;
  while (at < end && document[at] !== QUOTE) at += document[at] === BACKSLASH ? 2 : 1;
  return at;
}

function skipSpaces(document: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (document[at] as number) <= 0x20) at++;
  return at;
}
