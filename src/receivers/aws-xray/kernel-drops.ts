// Part of receivers/aws-xray: datagrams that the kernel threw away because our receive buffer was full (Linux only).
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';

export interface BoundAddress {
  host: string;
  port: number;
}

/** Null where the kernel does not tell, for one of the sockets or for all. */
export async function readKernelDrops(sockets: readonly BoundAddress[]): Promise<number | null> {
  if (sockets.length === 0) return null;
  try {
    const ipv4 = await readFile('/proc/net/udp', 'utf8');
    const ipv6 = sockets.some(({ host }) => isIPv6(host)) ? await readFile('/proc/net/udp6', 'utf8') : '';
    return kernelDrops(`${ipv4}\n${ipv6}`, sockets);
  } catch {
    return null;
  }
}

/** `table`: lines of /proc/net/udp and udp6. The local address is the second column, the drops are the last one. */
export function kernelDrops(table: string, sockets: readonly BoundAddress[]): number | null {
  const drops = new Map<string, number>();
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    const count = Number(columns.at(-1));
    if (columns.length > 10 && Number.isInteger(count)) drops.set(columns[1] ?? '', count);
  }
  let sum = 0;
  for (const { host, port } of sockets) {
    const count = drops.get(localAddress(host, port));
    if (count === undefined) return null;
    sum += count;
  }
  return sum;
}

/** As the kernel prints it: 32-bit words in the machine's order, which is little-endian on amd64 and arm64. */
function localAddress(host: string, port: number): string {
  const bytes = isIPv6(host) ? ipv6Bytes(host) : host.split('.').map(Number);
  const words: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) words.push(hex(bytes.slice(i, i + 4).reverse()));
  return `${words.join('')}:${hex([port >> 8, port & 0xff])}`;
}

function ipv6Bytes(host: string): number[] {
  const [head = '', tail] = host.replace(/%.*$/, '').split('::');
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = tail === undefined ? [] : new Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]);
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
}
