// Part of receivers/aws-xray: one UDP socket, read synchronously so that no datagram waits for a listener.
import type { RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { DgramAsPromised } from 'dgram-as-promised';
import { ownAddress } from './kernel-drops.ts';
import type { Sharing } from './messages.ts';

export interface UdpSocket {
  host: string;
  port: number;
  /** As the kernel reports it: Linux gives at most net.core.rmem_max and counts its own bookkeeping in (twice the size). */
  receiveBufferBytes: number;
  close(): Promise<void>;
}

export interface SharedUdpSocket extends UdpSocket {
  /** What the kernel holds for it is still read, what comes from now on is for those who share the port. */
  deafen(): Promise<void>;
}

export interface UdpOptions {
  host: string;
  port: number;
  /** 0 leaves the kernel's default. */
  receiveBufferBytes: number;
  sharing?: Sharing | undefined;
  /** Runs for each datagram and must not wait: the callback form of dgram-as-promised, whose `for await` loses datagrams. */
  onMessage(message: Buffer, remote: RemoteInfo): void;
  onError(error: Error): void;
}

const DISCARD_PORT = 9;

/** A fresh socket per attempt: after a failed bind the library's next call would report the old error again. */
export async function openUdpSocket(options: UdpOptions): Promise<SharedUdpSocket> {
  const { host, sharing } = options;
  const type = isIPv6(host) ? 'udp6' : 'udp4';
  // Where a port may be shared, any process of this user could have it already, and we would not be told.
  const port = sharing === 'first' ? await portThatIsFree(options) : options.port;
  const shared = sharing && { reusePort: true };
  const udp = DgramAsPromised.createSocket({ type, ipv6Only: type === 'udp6', ...shared }, options.onMessage);
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
    return { host, port: address.port, receiveBufferBytes: udp.getRecvBufferSize(), close, deafen };
  } catch (error) {
    await close();
    throw error;
  }

  /** To the kernel it is connected then, to a port that discards (RFC 863) and never speaks. */
  function deafen(): Promise<void> {
    const self = ownAddress(udp.address().address);
    return new Promise((resolve, reject) => {
      udp.socket.connect(DISCARD_PORT, self, (error?: Error) => (error ? reject(error) : resolve()));
    });
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

/** Fails where another socket has the port. */
async function portThatIsFree(options: UdpOptions): Promise<number> {
  const socket = await openUdpSocket({ ...options, sharing: undefined, receiveBufferBytes: 0 });
  await socket.close();
  return socket.port;
}
