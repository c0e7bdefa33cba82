// Part of protocols/otlp: fills the time of log records that have none, by adding bytes, not by decoding.
import { insertAtEnds } from './insert.ts';
import { Fields, WireType } from './wire.ts';

const TIME_UNIX_NANO = 1;
const OBSERVED_TIME_UNIX_NANO = 11;
/** Tag of field 1, fixed64, and its 8 bytes. */
const FIELD_BYTES = 9;
const TIME_TAG = (TIME_UNIX_NANO << 3) | WireType.FIXED64;

/**
 * The request with a time for each record that has none (absent or 0): the observed time, else the arrival.
 * A field added at the end of a message wins over an earlier one, so a written 0 is overruled.
 */
export function fillLogTimes(body: Uint8Array, receivedAtMs: number): Uint8Array {
  const arrival = BigInt(Math.trunc(receivedAtMs)) * 1_000_000n;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return insertAtEnds('logs', body, (from, to) => {
    let time = 0n;
    let observed = 0n;
    const fields = new Fields(body, from, to);
    while (fields.next()) {
      if (fields.wireType !== WireType.FIXED64) continue;
      if (fields.number === TIME_UNIX_NANO) time = view.getBigUint64(fields.from, true);
      else if (fields.number === OBSERVED_TIME_UNIX_NANO) observed = view.getBigUint64(fields.from, true);
    }
    return time === 0n ? timeField(observed || arrival) : undefined;
  });
}

function timeField(timeUnixNano: bigint): Uint8Array {
  const field = new Uint8Array(FIELD_BYTES);
  field[0] = TIME_TAG;
  new DataView(field.buffer).setBigUint64(1, timeUnixNano, true);
  return field;
}
