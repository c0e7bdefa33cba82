// Part of the model: how many connections a server holds. At the bound, one that asks for nothing makes room for one that may.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Node's own `maxConnections` turns new clients away while half-open requests fill the bound. Here the oldest connection without
 * a request under way goes instead, whether it never sent a whole head or waits for its next request; its client connects again.
 */
export function capConnections(server: Server, maxConnections: number): void {
  /** In the order in which they became idle. */
  const idle = new Map<string, Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    if (open > maxConnections) {
      const [oldest] = idle.values();
      (oldest ?? socket).destroy();
    }
    const peer = peerOf(socket);
    idle.set(peer, socket);
    socket.once('close', () => {
      open -= 1;
      if (idle.get(peer) === socket) idle.delete(peer);
    });
  });
  server.on('request', ({ socket }, response) => {
    const peer = peerOf(socket);
    idle.delete(peer);
    response.once('close', () => {
      if (!socket.destroyed) idle.set(peer, socket);
    });
  });
}

/** Under TLS the socket of a request is another one than that of its connection; both have the same peer. */
const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
