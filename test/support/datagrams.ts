// Part of the tests: datagrams, as the X-Ray SDKs send them.
import { createSocket } from 'node:dgram';

/** With the header line; a text is a document already. */
export function datagramOf(document: object | string): string {
  return `{"format":"json","version":1}\n${typeof document === 'string' ? document : JSON.stringify(document)}`;
}

/** One after the other. Resolves when the kernel has them all. */
export async function sendDatagrams(
  port: number,
  datagrams: readonly (string | Uint8Array)[],
  host = '127.0.0.1',
): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  for (const datagram of datagrams)
    await new Promise<void>((resolve, reject) =>
      socket.send(datagram, port, host, (error) => (error ? reject(error) : resolve())),
    );
  await new Promise<void>((resolve) => socket.close(resolve));
}
