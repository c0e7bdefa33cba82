// Part of protocols/otlp: bytes at the end of chosen items, with the lengths of all that is around them made right. Decodes nothing.
import { LEVELS } from './levels.ts';
import { varint } from './varint.ts';
import { Fields, WireType } from './wire.ts';

/** What an item at from <= at < to of the body gets at its end; undefined for nothing. `index` as scan and select count. */
export type Addition = (from: number, to: number, index: number) => Uint8Array | undefined;

/** In place of `skip` bytes at `at`. */
interface Edit {
  at: number;
  skip: number;
  insert: Uint8Array;
}

/** The same body where nothing is added. */
export function insertAtEnds(signal: keyof typeof LEVELS, body: Uint8Array, addition: Addition): Uint8Array {
  const levels = LEVELS[signal];
  const edits: Edit[] = [];
  let index = 0;

  /** Adds the edits of one message, in order; gives the bytes that they add to it. */
  function collect(from: number, to: number, level: number): number {
    if (level === levels.length) {
      const insert = addition(from, to, index++);
      if (insert) edits.push({ at: to, skip: 0, insert });
      return insert?.length ?? 0;
    }
    let added = 0;
    const fields = new Fields(body, from, to);
    while (fields.next()) {
      if (fields.wireType !== WireType.LEN || !levels[level]?.includes(fields.number)) continue;
      // The tag has one byte; the length is what is between it and the contents. Its edit stands before those of the contents.
      const lengthAt = fields.start + 1;
      const edit: Edit = { at: lengthAt, skip: fields.from - lengthAt, insert: NOTHING };
      const withIt = edits.push(edit);
      const grown = collect(fields.from, fields.to, level + 1);
      // Not by what it grew: a length that was padded gets shorter, which may make up for what was added.
      if (edits.length === withIt) edits.pop();
      else {
        edit.insert = varint(fields.to - fields.from + grown);
        added += grown + edit.insert.length - edit.skip;
      }
    }
    return added;
  }

  const added = collect(0, body.length, 0);
  return edits.length === 0 ? body : applied(body, edits, added);
}

const NOTHING = new Uint8Array();

function applied(body: Uint8Array, edits: readonly Edit[], added: number): Uint8Array {
  const out = new Uint8Array(body.length + added);
  let read = 0;
  let pos = 0;
  for (const { at, skip, insert } of edits) {
    out.set(body.subarray(read, at), pos);
    pos += at - read;
    out.set(insert, pos);
    pos += insert.length;
    read = at + skip;
  }
  out.set(body.subarray(read), pos);
  return out;
}
