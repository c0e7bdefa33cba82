// Part of receivers/aws-xray: binds UDP and TCP of every host, on one port number if not told otherwise: the single-address
// form of AWS_XRAY_DAEMON_ADDRESS demands that.
import { isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { BindAddress } from '../../config/option.ts';
import type { LogLine } from '../../telemetry/logger.ts';
import type { UdpSocket } from './udp.ts';

export interface ListenOptions {
  /** Port 0 picks one that is free everywhere. */
  udp: BindAddress;
  /** Without one, where datagrams are taken. */
  tcp?: BindAddress | undefined;
  log: LogLine;
  openUdp(host: string, port: number): Promise<UdpSocket>;
  /** A server that does not listen yet; one is asked for per host and attempt. */
  createApi(): FastifyInstance;
  /** Datagrams are taken even if this is called; without it, a start without TCP fails. */
  onNoTcp?: ((error: Error) => void) | undefined;
}

export interface Listeners {
  udp: readonly UdpSocket[];
  tcp: readonly Api[];
}

interface Api {
  host: string;
  port: number;
  api: FastifyInstance;
}

/** A free UDP port may be taken on TCP or on the other family: then the next one is tried. */
const PORT_ATTEMPTS = 20;

export async function listen(options: ListenOptions): Promise<Listeners> {
  for (let attempt = 1; ; attempt++) {
    const listeners = { udp: [] as UdpSocket[], tcp: [] as Api[] };
    try {
      // UDP first: an SDK resolves and sends before it asks for rules.
      const skipped = await bindUdp(options, listeners.udp);
      skipped.push(...(await bindTcpIfPossible(options, listeners)));
      for (const host of new Set(skipped)) {
        options.log('info', 'address_skipped', 'this machine lacks the address family', { host });
      }
      return listeners;
    } catch (error) {
      await closeListeners(listeners);
      const { code, address } = error as NodeJS.ErrnoException & { address?: string };
      if (code !== 'EADDRINUSE') throw error;
      if (options.udp.port === 0 && attempt < PORT_ATTEMPTS) continue;
      const { hosts, port } = options.udp;
      const protocols = options.tcp ? 'UDP' : 'UDP and TCP';
      throw new Error(`port ${port} (X-Ray, ${protocols}) is in use on ${address ?? hosts.join(', ')}`, {
        cause: error,
      });
    }
  }
}

/** Returns the hosts whose address or family the machine lacks. */
async function bindUdp({ udp, openUdp }: ListenOptions, sockets: UdpSocket[]): Promise<string[]> {
  return onEachHost(udp.hosts, async (host) => {
    sockets.push(await openUdp(host, sockets[0]?.port ?? udp.port));
  });
}

async function bindTcpIfPossible(
  options: ListenOptions,
  listeners: { udp: readonly UdpSocket[]; tcp: Api[] },
): Promise<string[]> {
  const beside = {
    hosts: listeners.udp.map(({ host }) => host),
    port: listeners.udp[0]?.port ?? options.udp.port,
  };
  try {
    return await bindTcp(options.tcp ?? beside, options, listeners.tcp);
  } catch (error) {
    const mayTryAnother = !options.tcp && options.udp.port === 0;
    if (!options.onNoTcp || mayTryAnother) throw error;
    await closeListeners({ udp: [], tcp: listeners.tcp.splice(0) });
    options.onNoTcp(error as Error);
    return [];
  }
}

async function bindTcp(address: BindAddress, { createApi }: ListenOptions, apis: Api[]): Promise<string[]> {
  return onEachHost(address.hosts, async (host) => {
    const api = createApi();
    try {
      await api.listen({ host, port: apis[0]?.port ?? address.port, ipv6Only: isIPv6(host) });
    } catch (error) {
      await api.close();
      throw error;
    }
    const bound = api.server.address();
    apis.push({ host, port: typeof bound === 'object' && bound ? bound.port : address.port, api });
  });
}

/** A family that the machine lacks is no failure while another one is there. */
async function onEachHost(
  hosts: readonly string[],
  bind: (host: string) => Promise<void>,
): Promise<string[]> {
  const skipped: string[] = [];
  let lack: unknown;
  for (const host of hosts) {
    try {
      await bind(host);
    } catch (error) {
      if (!isMissingAddress(error)) throw error;
      lack = error;
      skipped.push(host);
    }
  }
  if (skipped.length === hosts.length) throw lack ?? new Error('no address to listen on for X-Ray');
  return skipped;
}

function isMissingAddress(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

export async function closeListeners({ udp, tcp }: Listeners): Promise<void> {
  await Promise.all([...udp.map((socket) => socket.close()), ...tcp.map(({ api }) => api.close())]);
}
