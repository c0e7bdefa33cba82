// Part of receivers/otlp: the same port on several addresses.
import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { LogLine } from '../../telemetry/logger.ts';

/** A free port of one address may be taken on the next one; then another is tried. */
const MAX_ATTEMPTS = 20;

/** Listens on every host that the machine has. Port 0 picks one that is free on all. */
export async function listenOnAll(
  hosts: readonly string[],
  port: number,
  createServer: () => Server,
  log: LogLine,
): Promise<Server[]> {
  const missing = new Set<string>();
  const servers = await tryListening(hosts, port, createServer, missing);
  for (const host of missing) {
    log('info', 'address_skipped', 'this machine lacks the address family', { receiver: 'otlp', host });
  }
  return servers;
}

async function tryListening(
  hosts: readonly string[],
  port: number,
  createServer: () => Server,
  missing: Set<string>,
): Promise<Server[]> {
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = [];
    let lack: unknown;
    try {
      for (const host of hosts) {
        const server = createServer();
        try {
          await listening(server, host, servers[0] ? portOf(servers[0]) : port);
          servers.push(server);
        } catch (error) {
          if (!isFamilyMissing(error, host)) throw error;
          lack = error;
          missing.add(host);
        }
      }
      if (servers.length === 0) throw lack ?? new Error('SIDECAST_HOST names no address for OTLP');
      return servers;
    } catch (error) {
      await Promise.all(servers.map(closed));
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || port !== 0 || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // `::` would take IPv4 too, and with it the place of `0.0.0.0`.
    server.listen({ host, port, ipv6Only: isIPv6(host) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function isFamilyMissing(error: unknown, host: string): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EAFNOSUPPORT' || (code === 'EADDRNOTAVAIL' && isIPv6(host));
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** As people write it: `127.0.0.1:4318`, `[::1]:4318`. */
export function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
