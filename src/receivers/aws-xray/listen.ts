// Part of receivers/aws-xray: binds UDP and TCP of every host on one port number, as the single-address form of
// AWS_XRAY_DAEMON_ADDRESS demands.
import { isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { LogLine } from '../../telemetry/logger.ts';
import type { UdpSocket } from './udp.ts';

export interface ListenOptions {
  hosts: readonly string[];
  /** 0 picks one that is free everywhere. */
  port: number;
  log: LogLine;
  openUdp(host: string, port: number): Promise<UdpSocket>;
  /** A server that does not listen yet; one is asked for per host and attempt. */
  createApi(): FastifyInstance;
}

export interface Listeners {
  udp: readonly UdpSocket[];
  tcp: readonly { host: string; port: number; api: FastifyInstance }[];
}

/** A free UDP port may be taken on TCP or on the other family: then the next one is tried. */
const PORT_ATTEMPTS = 20;

export async function listen(options: ListenOptions): Promise<Listeners> {
  for (let attempt = 1; ; attempt++) {
    const listeners: Listeners & { udp: UdpSocket[]; tcp: Listeners['tcp'][number][] } = { udp: [], tcp: [] };
    try {
      const skipped = await bindAll(options, listeners);
      for (const host of skipped) {
        options.log('info', 'address_skipped', 'this machine lacks the address family', { host });
      }
      return listeners;
    } catch (error) {
      await closeListeners(listeners);
      const { code, address } = error as NodeJS.ErrnoException & { address?: string };
      if (code !== 'EADDRINUSE') throw error;
      if (options.port === 0 && attempt < PORT_ATTEMPTS) continue;
      throw new Error(
        `port ${options.port} (X-Ray, UDP and TCP) is in use on ${address ?? options.hosts.join(', ')}`,
        {
          cause: error,
        },
      );
    }
  }
}

/** Returns the hosts whose address or family the machine lacks. */
async function bindAll(
  { hosts, port: wanted, openUdp, createApi }: ListenOptions,
  listeners: { udp: UdpSocket[]; tcp: Listeners['tcp'][number][] },
): Promise<string[]> {
  const skipped: string[] = [];
  let port = wanted;
  let lastError: unknown;
  // UDP first: an SDK resolves and sends before it asks for rules.
  for (const host of hosts) {
    try {
      const socket = await openUdp(host, port);
      listeners.udp.push(socket);
      port = socket.port;
    } catch (error) {
      if (!isMissingAddress(error)) throw error;
      lastError = error;
      skipped.push(host);
    }
  }
  if (listeners.udp.length === 0) throw lastError ?? new Error('no address to listen on for X-Ray');
  for (const { host } of listeners.udp) {
    const api = createApi();
    listeners.tcp.push({ host, port, api });
    await api.listen({ host, port, ipv6Only: isIPv6(host) });
  }
  return skipped;
}

function isMissingAddress(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

export async function closeListeners({ udp, tcp }: Listeners): Promise<void> {
  await Promise.all([...udp.map((socket) => socket.close()), ...tcp.map(({ api }) => api.close())]);
}
