// Part of the model: a peer's address, the same whichever kind of socket it was heard on.

const MAPPED = '::ffff:';

/** A socket for both families has IPv4 addresses in this form (RFC 4291, section 2.5.5.2); those of UDP are for one family. */
export function plainAddress(address: string): string {
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}
