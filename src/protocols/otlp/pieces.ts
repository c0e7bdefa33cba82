// Part of protocols/otlp: cuts a large request into smaller ones by copying slices of it, so that none of what comes after
// holds more than that at a time: 20 MiB may be ten million empty log records.
import type { OtlpSignal } from '../../model/signals.ts';
import { MAX_FIELDS } from './crowd.ts';
import { LEVELS } from './levels.ts';
import { MalformedError } from './malformed.ts';
import { headOf } from './varint.ts';
import { Fields, WireType } from './wire.ts';

export interface PieceLimits {
  /** A larger item is a piece of its own. */
  bytes: number;
  items: number;
}

/** A part of a message: whole fields of it. */
interface Part {
  slices: Uint8Array[];
  bytes: number;
  items: number;
}

/** What stands beside the items, resource and scope above all, is in every piece. Nobody's is so large that pieces have more in total. */
const MAX_GROWTH = 4;
/** Walked without a pause: about a millisecond. */
const FIELDS_PER_TURN = 65_536;

/**
 * Every item once, in order, and `undefined` where it took long without a piece. Throws MalformedError where the body cannot
 * be walked; what is inside of items, only a scan of the pieces tells.
 */
export function* pieces(
  signal: OtlpSignal,
  body: Uint8Array,
  limits: PieceLimits,
): Generator<Uint8Array | undefined> {
  const levels = LEVELS[signal];
  let bytes = 0;
  for (const part of parts(0, body.length, 0)) {
    bytes += part?.bytes ?? 0;
    if (bytes > MAX_GROWTH * body.length)
      throw new MalformedError('resources or scopes are too large for so many items: send smaller batches');
    // All of it: nothing was cut.
    yield part?.bytes === body.length ? body : part && Buffer.concat(part.slices, part.bytes);
  }

  function* parts(from: number, to: number, level: number): Generator<Part | undefined> {
    const inner = levels[level]!;
    const isLast = level === levels.length - 1;
    const beside = yield* fieldsBeside(from, to, inner);
    const empty = (): Part => ({ slices: [beside], bytes: beside.length, items: 0 });
    let part = empty();
    let run = { from: 0, to: 0 };
    const endRun = () => {
      if (run.to > run.from) part.slices.push(body.subarray(run.from, run.to));
      run = { from: 0, to: 0 };
    };
    const hasRoom = (bytes: number, items: number) =>
      part.bytes === beside.length ||
      (part.bytes + bytes <= limits.bytes && part.items + items <= limits.items);

    const fields = new Fields(body, from, to);
    while (fields.next()) {
      if (!isContainer(fields, inner)) continue;
      const { start, end } = fields;
      // Of what is too large, nobody asks how many: there may be millions.
      const isSmall = end - start <= limits.bytes;
      const items = isLast ? 1 : isSmall ? itemsIn(fields.from, fields.to, level + 1) : 0;
      if (isLast || (isSmall && items <= limits.items)) {
        if (!hasRoom(end - start, items)) {
          endRun();
          yield part;
          part = empty();
        }
        if (run.to !== start) endRun();
        if (run.to === 0) run.from = start;
        run.to = end;
        part.bytes += end - start;
        part.items += items;
        continue;
      }
      endRun();
      for (const child of parts(fields.from, fields.to, level + 1)) {
        const head = child && headOf(fields.number, child.bytes);
        if (!head) {
          yield undefined;
          continue;
        }
        if (!hasRoom(head.length + child.bytes, Math.max(1, child.items))) {
          yield part;
          part = empty();
        }
        part.slices.push(head, ...child.slices);
        part.bytes += head.length + child.bytes;
        part.items += Math.max(1, child.items);
      }
    }
    endRun();
    yield part;
  }

  /** Not more than it takes to know that it is too many. What holds none counts as one: it is walked as well. */
  function itemsIn(from: number, to: number, level: number): number {
    const inner = levels[level]!;
    let items = 0;
    const fields = new Fields(body, from, to);
    while (items <= limits.items && fields.next())
      if (isContainer(fields, inner))
        items += level === levels.length - 1 ? 1 : itemsIn(fields.from, fields.to, level + 1);
    return Math.max(1, items);
  }

  /** Walked twice: they may stand far apart, with millions of items between them. More of them than anybody sends would be walked for each piece. */
  function* fieldsBeside(
    from: number,
    to: number,
    inner: readonly number[],
  ): Generator<undefined, Uint8Array> {
    let found: Uint8Array = new Uint8Array(0);
    for (const isCopied of [false, true]) {
      const fields = new Fields(body, from, to);
      let bytes = 0;
      let count = 0;
      for (let walked = 1; fields.next(); walked++) {
        if (walked % FIELDS_PER_TURN === 0) yield undefined;
        if (isContainer(fields, inner)) continue;
        if (++count > MAX_FIELDS)
          throw new MalformedError(`there are more than ${MAX_FIELDS} fields beside scopes and items`);
        if (isCopied) found.set(body.subarray(fields.start, fields.end), bytes);
        bytes += fields.end - fields.start;
      }
      if (bytes === 0) break;
      if (!isCopied) found = new Uint8Array(bytes);
    }
    return found;
  }
}

function isContainer({ wireType, number }: Fields, inner: readonly number[]): boolean {
  return wireType === WireType.LEN && inner.includes(number);
}
