import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { capConnections } from '../../src/model/connection-cap.ts';
import { certificateFor } from '../support/certificate.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
let server: Server | undefined;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

async function start(maxConnections: number): Promise<{ open(): Promise<Socket>; held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  server = createServer((_request, response) => void held.push(response));
  capConnections(server, maxConnections);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    held,
    async open() {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => undefined).resume();
      await once(socket, 'connect');
      return socket;
    },
  };
}

describe('a server at its bound of connections', () => {
  it('ends the one that has been idle for longest, not the new one', async () => {
    const { open } = await start(2);
    const first = await open();
    const gone = once(first, 'close');
    const second = await open();
    const third = await open();
    await gone;

    expect([second.destroyed, third.destroyed]).toEqual([false, false]);
  });

  it('leaves those with a request under way alone, and turns the new one away when all have one', async () => {
    const { open, held } = await start(2);
    const busy = [await open(), await open()];
    for (const socket of busy) socket.write(REQUEST);
    await expect.poll(() => held.length).toBe(2);
    const late = await open();
    await once(late, 'close');

    expect(busy.map((socket) => socket.destroyed)).toEqual([false, false]);
  });

  it('takes one whose request is answered for idle again', async () => {
    const { open, held } = await start(1);
    const first = await open();
    first.write(REQUEST);
    await expect.poll(() => held.length).toBe(1);
    held[0]?.end('done');
    await once(first, 'data');
    const gone = once(first, 'close');
    const second = await open();
    await gone;

    expect(second.destroyed).toBe(false);
  });
});

describe('a server with TLS at its bound', () => {
  it('knows which connection has a request under way', async () => {
    const { key, cert } = certificateFor('localhost');
    const held: ServerResponse[] = [];
    const tlsServer = createTlsServer({ key, cert }, (_request, response) => void held.push(response));
    server = tlsServer;
    capConnections(tlsServer, 2);
    tlsServer.listen(0, '127.0.0.1');
    await once(tlsServer, 'listening');
    const { port } = tlsServer.address() as AddressInfo;
    const open = async () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      sockets.push(socket);
      socket.on('error', () => undefined).resume();
      await once(socket, 'secureConnect');
      return socket;
    };
    const busy = await open();
    busy.write(REQUEST);
    await expect.poll(() => held.length).toBe(1);
    const idle = await open();
    const gone = new Promise((resolve) => idle.once('close', resolve));
    const late = await open();
    await gone;

    expect([busy.destroyed, late.destroyed]).toEqual([false, false]);
  });
});
