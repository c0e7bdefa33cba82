// Part of the tests: the receiver over real sockets on loopback.
import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { createAdmission } from '../../../src/intake/admission.ts';
import type { Accepted } from '../../../src/model/signals.ts';
import { readDocuments } from '../../../src/protocols/xray/datagram.ts';
import {
  createXRayReceiver,
  type XRayReceiver,
  type XRayReceiverOptions,
} from '../../../src/receivers/aws-xray/index.ts';
import { capturedDocument, readCapture } from '../../protocols/xray/otlp-json.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);
const soon = () => AbortSignal.timeout(5000);

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Lab {
  receiver: XRayReceiver;
  documents: string[];
  records: Accepted[];
  refused: [code: string, items: number][];
  lines: { level: string; event: string; fields: Readonly<Record<string, unknown>> | undefined }[];
  /** Resolves when at least so many documents were accepted and datagrams refused. */
  settled(count: number): Promise<void>;
}

function createLab(options: Partial<XRayReceiverOptions> = {}): Lab {
  const waiting: { count: number; resolve: () => void }[] = [];
  const notify = () => {
    const count = lab.documents.length + lab.refused.length;
    for (const waiter of waiting) if (count >= waiter.count) waiter.resolve();
  };
  const lab: Omit<Lab, 'receiver'> = {
    documents: [],
    records: [],
    refused: [],
    lines: [],
    settled: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve });
        notify();
      }),
  };
  const receiver = createXRayReceiver({
    hosts: ['127.0.0.1'],
    port: 0,
    receiveBufferBytes: 0,
    log: (level, event, _msg, fields) => lab.lines.push({ level, event, fields }),
    intake: {
      admission: createAdmission(1),
      async accept(_receiver, accepted) {
        lab.records.push(accepted);
        lab.documents.push(
          ...readDocuments(accepted.payload).map((document) => Buffer.from(document).toString()),
        );
        notify();
      },
      hasRoom: () => true,
      refuse(_receiver, code, items) {
        lab.refused.push([code, items]);
        notify();
      },
    },
    ...options,
  });
  cleanUps.push(() => receiver.shutdown(soon()));
  return { ...lab, receiver };
}

async function started(options: Partial<XRayReceiverOptions> = {}): Promise<Lab> {
  const lab = createLab(options);
  await lab.receiver.start();
  return lab;
}

const portOf = (address: string | undefined) => Number(address?.slice(address.lastIndexOf(':') + 1));

async function send(lab: Lab, messages: readonly (string | Uint8Array)[], host = '127.0.0.1'): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const port = portOf(lab.receiver.addresses().udp[0]);
  for (const message of messages) {
    await new Promise<void>((resolve, reject) =>
      socket.send(message, port, host, (error) => (error ? reject(error) : resolve())),
    );
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

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
    let nowMs = 0;
    const clock = {
      now: () => nowMs,
      schedule(_delayMs: number, run: () => void) {
        const immediate = setImmediate(run);
        return () => clearImmediate(immediate);
      },
    };
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
    nowMs = 10_000;
    await send(lab, ['secret', '{"format":"json","version":1}\n{"ok":1}']);
    await lab.settled(7);
    expect(lab.refused).toEqual([
      ['no_header', 1],
      ['no_header', 1],
      ['bad_header', 1],
      ['empty_document', 1],
      ['bad_header', 1],
      ['no_header', 1],
    ]);
    expect(lab.documents).toEqual(['{"ok":1}']);
    expect(lab.lines.map(({ event, fields }) => [event, fields?.['code'], fields?.['datagrams']])).toEqual([
      ['datagram_malformed', 'no_header', 1],
      ['datagram_malformed', 'bad_header', 1],
      ['datagram_malformed', 'empty_document', 1],
      ['datagram_malformed', 'no_header', 2],
    ]);
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
        refuse: () => {},
      },
    });
    await send(lab, ['{"format":"json","version":1}\n{}']);
    await lab.receiver.shutdown(AbortSignal.timeout(50));
    expect(lab.receiver.addresses().udp).toEqual([]);
    settle();
  });
});
