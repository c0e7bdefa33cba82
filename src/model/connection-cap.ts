// Part of the model: how many connections a server holds. At the bound, one that asks for nothing makes room for one that may.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Node's own `maxConnections` turns new clients away while half-open requests fill the bound. Here the oldest connection without
 * a request under way goes instead, whether it never sent a whole head or waits for its next request; its client connects again.
 */
export function capConnections(server: Server, maxConnections: number): void {
  /** In the order in which they became idle. */
  const idle = new Set<Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    if (open > maxConnections) {
      const [oldest] = idle;
      (oldest ?? socket).destroy();
    }
    idle.add(socket);
    socket.once('close', () => {
      open -= 1;
      idle.delete(socket);
    });
  });
  server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
