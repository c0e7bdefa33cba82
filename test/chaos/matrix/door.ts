// Part of the chaos tests: a door before the sandbox that can be shut, for faults that happen before a vendor sees a request.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Certificate } from './certificate.ts';

export interface Door {
  readonly port: number;
  /** Connections are refused, and those that are open are cut. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface TlsDoor extends Pick<Door, 'port' | 'close'> {
  /** Shown from now on; connections that are open are cut. */
  show(certificate: Certificate): void;
}

const HOST = '127.0.0.1';

export async function openDoor(behindPort: number): Promise<Door> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => pass(socket, behindPort, sockets));
  const port = await listen(server, 0);
  const shut = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    cut(sockets);
    await closed;
  };
  return { port, shut, open: async () => void (await listen(server, port)), close: shut };
}

export async function openTlsDoor(behindPort: number, certificate: Certificate): Promise<TlsDoor> {
  const sockets = new Set<Socket>();
  const server: TlsServer = createTlsServer(certificate, (socket) => pass(socket, behindPort, sockets));
  server.on('tlsClientError', () => undefined);
  const port = await listen(server, 0);
  return {
    port,
    show(other) {
      server.setSecureContext(other);
      cut(sockets);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut(sockets);
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function pass(outside: Socket, behindPort: number, sockets: Set<Socket>): void {
  const inside = connect(behindPort, HOST);
  for (const [one, other] of [
    [outside, inside],
    [inside, outside],
  ] as const) {
    sockets.add(one);
    one.setNoDelay(true);
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
  }
}

function cut(sockets: ReadonlySet<Socket>): void {
  for (const socket of [...sockets]) socket.destroy();
}
