// Part of receivers/aws-xray: one UDP socket, read synchronously so that no datagram waits for a listener.
import type { RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { DgramAsPromised } from 'dgram-as-promised';

export interface UdpSocket {
  host: string;
  port: number;
  /** As the kernel reports it: Linux gives at most net.core.rmem_max and counts its own bookkeeping in (twice the size). */
  receiveBufferBytes: number;
  close(): Promise<void>;
}

export interface UdpOptions {
  host: string;
  port: number;
  /** 0 leaves the kernel's default. */
  receiveBufferBytes: number;
  /** Runs for each datagram and must not wait: the callback form of dgram-as-promised, whose `for await` loses datagrams. */
  onMessage(message: Buffer, remote: RemoteInfo): void;
  onError(error: Error): void;
}

/** A fresh socket per attempt: after a failed bind the library's next call would report the old error again. */
export async function openUdpSocket(options: UdpOptions): Promise<UdpSocket> {
  const { host, port } = options;
  const type = isIPv6(host) ? 'udp6' : 'udp4';
  const udp = DgramAsPromised.createSocket({ type, ipv6Only: type === 'udp6' }, options.onMessage);
  udp.socket.on('error', options.onError);
  let isClosed = false;
  udp.socket.once('close', () => {
    isClosed = true;
  });
  const close = async () => {
    if (!isClosed) await udp.close();
  };
  try {
    const address = await udp.bind({ port, address: host, exclusive: true });
    if (options.receiveBufferBytes > 0) askForBuffer(options);
    return { host, port: address.port, receiveBufferBytes: udp.getRecvBufferSize(), close };
  } catch (error) {
    await close();
    throw error;
  }

  function askForBuffer({ receiveBufferBytes, onError }: UdpOptions): void {
    try {
      // setsockopt takes an int.
      udp.setRecvBufferSize(Math.min(receiveBufferBytes, 2 ** 31 - 1));
    } catch (error) {
      // A system that refuses instead of giving less: its default serves.
      onError(error as Error);
    }
  }
}
