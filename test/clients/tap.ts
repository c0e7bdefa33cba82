// Part of the tests: stands between an application and sidecast, passes everything on, and remembers what it saw.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
const MAX_ATTEMPTS = 20;
/** A burst of streamed subsegments must not be lost here. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export interface TcpTap {
  readonly port: number;
  /** What clients sent, all connections together, as Latin-1. */
  received(): string;
  close(): Promise<void>;
}

export interface XRayTap {
  /** One number for UDP and TCP, as the SDKs expect it of the daemon. */
  readonly port: number;
  readonly datagrams: readonly Buffer[];
  /** Requests of the sampling API, as text. */
  calls(): string;
  close(): Promise<void>;
}

export async function startTcpTap(targetPort: number): Promise<TcpTap> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const target = connect(targetPort, HOST);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (chunk) => void chunks.push(chunk));
    client.pipe(target).pipe(client);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(chunks).toString('latin1'),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The port that TCP was given may be taken for UDP: then another one. */
export async function startXRayTap(targetPort: number): Promise<XRayTap> {
  for (let attempt = 1; ; attempt += 1) {
    const tcp = await startTcpTap(targetPort);
    const udp = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
    const datagrams: Buffer[] = [];
    udp.on('message', (datagram) => {
      datagrams.push(datagram);
      udp.send(datagram, targetPort, HOST);
    });
    try {
      udp.bind(tcp.port, HOST);
      await once(udp, 'listening');
    } catch (error) {
      udp.close();
      await tcp.close();
      if (attempt === MAX_ATTEMPTS) throw error;
      continue;
    }
    return {
      port: tcp.port,
      datagrams,
      calls: tcp.received,
      async close() {
        udp.close();
        await tcp.close();
      },
    };
  }
}
