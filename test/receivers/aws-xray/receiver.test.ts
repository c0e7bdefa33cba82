// Part of the tests: the receiver over real sockets on loopback.
import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../../src/intake/admission.ts';
import { type SocketThread, socketsHere } from '../../../src/receivers/aws-xray/thread.ts';
import { capturedDocument, readCapture } from '../../protocols/xray/otlp-json.ts';
import { eventually } from '../../support/app.ts';
import { ManualClock } from '../../support/records.ts';
import { cleanUps, createLab, portOf, send, soon, started } from '../../support/xray-receiver.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);
async function takenPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return socket.address().port;
}

describe('documents', () => {
  it('arrive byte for byte, with the peer and what they are', async () => {
    const lab = await started();
    const paths = ['python-xray/18-nan-infinity-lone-surrogate.udp.txt', 'go-xray/02-segment-rule.udp.txt'];
    await send(lab, paths.map(readCapture));
    await lab.settled(2);
    expect(lab.documents).toEqual(paths.map(capturedDocument));
    expect(lab.records[0]).toMatchObject({ signal: 'segments', origin: { peer: '127.0.0.1' } });
  });

  it('may be as large as a datagram can be', async () => {
    const lab = await started();
    const header = '{"format":"json","version":1}\n';
    const document = 'x'.repeat(65_507 - header.length);
    await send(lab, [header + document]);
    await lab.settled(1);
    expect(lab.documents).toEqual([document]);
  });

  it('arrive all when a burst is larger than a turn of the loop', async () => {
    const lab = await started({ receiveBufferBytes: 8 * 1024 * 1024 });
    const message = readCapture('python-xray/11-streamed-subsegment-first.udp.txt');
    await send(lab, new Array(500).fill(message));
    await lab.settled(500);
    expect(lab.documents).toHaveLength(500);
    expect(lab.records.length).toBeLessThan(500);
  });

  it('that wait in the kernel or in hand are delivered at shutdown', async () => {
    const lab = await started();
    await send(lab, new Array(100).fill('{"format":"json","version":1}\n{}'));
    await lab.receiver.shutdown(soon());
    expect(lab.documents).toHaveLength(100);
  });
});

describe('datagrams that are no segments', () => {
  it('are counted by code, logged once without content, and disturb nothing', async () => {
    const clock = new ManualClock();
    const lab = await started({ clock });
    await send(lab, [
      'secret',
      'secret',
      'bad secret\n{}',
      '{"format":"json","version":1}\n',
      '',
      Buffer.from([0xff, 0x0a, 0xff]),
    ]);
    await lab.settled(5);
    await send(lab, ['secret']);
    await lab.settled(6);
    clock.advance(10_000);
    await send(lab, ['secret', '{"format":"json","version":1}\n{"ok":1}']);
    await lab.settled(8);
    const counts: Record<string, number> = {};
    for (const [code, items] of lab.refused) counts[code] = (counts[code] ?? 0) + items;
    expect(counts).toEqual({ no_header: 4, bad_header: 2, empty_document: 1 });
    expect(lab.documents).toEqual(['{"ok":1}']);
    const lines = lab.lines.map(({ event, fields }) => [event, fields?.['code']]);
    expect(lines.toSorted()).toEqual([
      ['datagram_malformed', 'bad_header'],
      ['datagram_malformed', 'empty_document'],
      ['datagram_malformed', 'no_header'],
      ['datagram_malformed', 'no_header'],
    ]);
    const logged = lab.lines.filter(({ fields }) => fields?.['code'] === 'no_header');
    expect(logged.reduce((sum, { fields }) => sum + Number(fields?.['datagrams']), 0)).toBe(4);
    expect(JSON.stringify(lab.lines)).not.toContain('secret');
  });
});

describe('addresses', () => {
  it('have one port for UDP and TCP, and the sampling API answers there', async () => {
    const lab = await started();
    const { udp, tcp } = lab.receiver.addresses();
    expect(tcp).toEqual(udp);
    const response = await fetch(`http://${tcp[0]}/GetSamplingRules`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ SamplingRuleRecords: [{}] });
  });

  it.runIf(hasIPv6)('have the same port on IPv4 and IPv6', async () => {
    const lab = await started({ hosts: ['127.0.0.1', '::1'] });
    const { udp, tcp } = lab.receiver.addresses();
    const port = portOf(udp[0]);
    expect(udp).toEqual([`127.0.0.1:${port}`, `[::1]:${port}`]);
    expect(tcp).toEqual(udp);
    await send(lab, ['{"format":"json","version":1}\n{"v":6}'], '::1');
    await lab.settled(1);
    expect(lab.records[0]?.origin.peer).toBe('::1');
  });

  it('that the machine lacks are skipped with one line', async () => {
    // 192.0.2.0/24 is for documentation: no machine has it.
    const lab = await started({ hosts: ['192.0.2.1', '127.0.0.1'] });
    expect(lab.receiver.addresses().udp).toHaveLength(1);
    expect(lab.lines).toEqual([{ level: 'info', event: 'address_skipped', fields: { host: '192.0.2.1' } }]);
  });

  it('that are all missing fail the start', async () => {
    await expect(createLab({ hosts: ['192.0.2.1'] }).receiver.start()).rejects.toThrow('EADDRNOTAVAIL');
  });

  it('that are taken fail the start with the port in the message, and leave nothing open', async () => {
    const port = await takenPort();
    const lab = createLab({ port });
    await expect(lab.receiver.start()).rejects.toThrow(
      new RegExp(`port ${port} .*in use on 127\\.0\\.0\\.1`),
    );
    expect(lab.receiver.addresses()).toEqual({ udp: [], tcp: [] });
  });

  it('that are taken on TCP only fail it, too, and give the UDP port back', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const lab = createLab({ port });
    await expect(lab.receiver.start()).rejects.toThrow(`port ${port} `);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await lab.receiver.start();
    expect(lab.receiver.addresses().udp).toEqual([`127.0.0.1:${port}`]);
  });
});

describe('the thread of the sockets', () => {
  const document = (index: number) => `{"format":"json","version":1}\n{"index":${index}}`;

  it('is replaced when it dies: the port stays, and what comes then is taken', async () => {
    const clock = new ManualClock();
    const threads: SocketThread[] = [];
    const spawnSockets = () => {
      const thread = socketsHere();
      threads.push(thread);
      return thread;
    };
    const lab = await started({ clock, spawnSockets });
    const addresses = lab.receiver.addresses();
    await send(lab, [document(1)]);
    await lab.settled(1);

    await threads[0]?.end();

    expect(lab.lines).toEqual([{ level: 'error', event: 'udp_error', fields: expect.any(Object) }]);
    clock.advance(1000);
    await eventually(
      () => threads.length,
      (count) => count === 2,
    );
    // Until the port is open again, the kernel throws away what comes.
    await eventually(
      async () => {
        await send(lab, [document(2)]);
        return lab.documents.length;
      },
      (count) => count > 1,
    );
    expect(lab.receiver.addresses()).toEqual(addresses);
    expect(lab.documents.slice(0, 2)).toEqual(['{"index":1}', '{"index":2}']);
    expect(lab.lines).toHaveLength(1);
  });
});

describe('status and life cycle', () => {
  it('reports the receive buffer as the kernel gives it', async () => {
    const kernels = await started();
    const asked = await started({ receiveBufferBytes: 100_000 });
    const { receiveBufferBytes, kernelDrops } = await asked.receiver.status();
    expect((await kernels.receiver.status()).receiveBufferBytes).toBeGreaterThan(0);
    expect(receiveBufferBytes).toBeGreaterThanOrEqual(100_000);
    expect(kernelDrops === null || kernelDrops >= 0).toBe(true);
  });

  it('shuts down twice, and without a start', async () => {
    const lab = createLab();
    await lab.receiver.shutdown(soon());
    await lab.receiver.start();
    await lab.receiver.shutdown(soon());
    await lab.receiver.shutdown(soon());
    expect(lab.receiver.addresses()).toEqual({ udp: [], tcp: [] });
    expect(await lab.receiver.status()).toEqual({ kernelDrops: null, receiveBufferBytes: 0 });
  });

  it('does not wait for a journal that hangs beyond the deadline', async () => {
    let settle = () => {};
    const lab = await started({
      intake: {
        admission: createAdmission(1),
        accept: () =>
          new Promise<void>((resolve) => {
            settle = resolve;
          }),
        hasRoom: () => true,
        setAside: () => undefined,
        refuse: () => {},
      },
    });
    await send(lab, ['{"format":"json","version":1}\n{}']);
    await lab.receiver.shutdown(AbortSignal.timeout(50));
    expect(lab.receiver.addresses().udp).toEqual([]);
    settle();
  });
});
