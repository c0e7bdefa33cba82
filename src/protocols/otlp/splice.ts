// Part of protocols/otlp: puts other bytes in the place of some texts. The lengths around them follow; nothing is decoded.
import { varint } from './varint.ts';
import { Fields, WireType } from './wire.ts';

/** The whole payload of a length-delimited field, as `eachText` hands it out, and what is to stand there. */
export interface Replacement {
  from: number;
  to: number;
  by: Uint8Array;
}

/** `replacements` in rising order. */
export function splice(body: Uint8Array, replacements: readonly Replacement[]): Uint8Array {
  let next = 0;
  return message(0, body.length);

  function message(from: number, to: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    let copied = from;
    const fields = new Fields(body, from, to);
    while (fields.next()) {
      const replacement = replacements[next];
      if (!replacement || replacement.from >= to) break;
      if (fields.wireType !== WireType.LEN || replacement.from >= fields.end) continue;
      const isWhole = replacement.from === fields.from && replacement.to === fields.to;
      if (isWhole) next++;
      const inner = isWhole ? replacement.by : message(fields.from, fields.to);
      pieces.push(body.subarray(copied, endOfTag(fields.start)), varint(inner.length), inner);
      copied = fields.end;
    }
    pieces.push(body.subarray(copied, to));
    return Buffer.concat(pieces);
  }

  function endOfTag(start: number): number {
    let at = start;
    while (body[at]! > 127) at++;
    return at + 1;
  }
}
