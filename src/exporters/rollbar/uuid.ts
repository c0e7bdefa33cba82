// Part of exporters/rollbar: an occurrence's uuid. Rollbar discards one that it has already, so a resend must have the same.
import { createHash } from 'node:crypto';

/** Ours, drawn once; any fixed value will do. */
const NAMESPACE = Buffer.from('6f0a9b2c51d84e37a2c47b1e90d35f68', 'hex');

/** Version 5 of RFC 9562: the same text gives the same uuid, on every machine. */
export function uuidOf(name: string): string {
  const hash = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
