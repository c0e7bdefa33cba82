// Part of the tests: the UDP socket in its worker thread, as it is built: `npm run build` first.
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/intake/admission.ts';
import { socketsInWorker, socketsOnDemand } from '../../src/receivers/aws-xray/index.ts';
import type { SocketThread } from '../../src/receivers/aws-xray/thread.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { capturedDocument, readCapture } from '../protocols/xray/otlp-json.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { ManualClock } from '../support/records.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { createLab, portOf, send, soon, started } from '../support/xray-receiver.ts';

const WORKER = join(import.meta.dirname, '..', '..', 'dist', 'workers', 'xray-udp.js');
const spawnSockets = socketsInWorker(pathToFileURL(WORKER));
const HEADER = '{"format":"json","version":1}\n';

beforeAll(() => {
  if (!existsSync(WORKER)) throw new Error('dist/workers is missing: npm run build');
});

describe('the worker thread', () => {
  it('hands over documents byte for byte, and counts what is no segment', async () => {
    const lab = await started({ spawnSockets });
    const paths = ['python-xray/18-nan-infinity-lone-surrogate.udp.txt', 'go-xray/02-segment-rule.udp.txt'];
    const largest = 'x'.repeat(65_507 - HEADER.length);
    await send(lab, [...paths.map(readCapture), 'no header', 'no header', HEADER + largest]);
    await lab.settled(5);
    expect(lab.documents).toEqual([...paths.map(capturedDocument), largest]);
    const noHeader = lab.refused.filter(([code]) => code === 'no_header');
    expect(noHeader.reduce((sum, [, items]) => sum + items, 0)).toBe(2);
    expect(lab.records[0]?.origin).toEqual({ peer: '127.0.0.1' });
  });

  it('says which port is taken, and lets a start fail where its file is missing', async () => {
    const lab = await started({ spawnSockets });
    const port = portOf(lab.receiver.addresses().udp[0]);
    await expect(createLab({ port, spawnSockets }).receiver.start()).rejects.toThrow(
      new RegExp(`port ${port} .*in use on 127\\.0\\.0\\.1`),
    );
    const nowhere = socketsInWorker(pathToFileURL(`${WORKER}.missing`));
    await expect(createLab({ spawnSockets: nowhere }).receiver.start()).rejects.toThrow('Cannot find module');
  });

  it('hands over what the kernel and it hold when it is stopped', async () => {
    const lab = await started({ spawnSockets });
    await send(lab, new Array(60).fill(`${HEADER}{}`));
    await lab.receiver.shutdown(soon());
    expect(lab.documents).toHaveLength(60);
    expect(lab.refused).toEqual([]);
  });

  it('refuses what is beyond 16 MiB while intake takes nothing, and every datagram is taken, refused or counted by the kernel', async () => {
    let isOpen = false;
    const { promise: opened, resolve } = withResolvers();
    let items = 0;
    const refused: Record<string, number> = {};
    const lab = await started({
      spawnSockets,
      receiveBufferBytes: 4 * 1024 * 1024,
      intake: {
        admission: createAdmission(1),
        async accept(_receiver, { summary }) {
          if (!isOpen) await opened;
          items += summary.items;
        },
        hasRoom: () => true,
        refuse: (_receiver, code, count) => {
          refused[code] = (refused[code] ?? 0) + count;
        },
      },
    });
    const sent = 500;
    await send(lab, new Array(sent).fill(HEADER + 'x'.repeat(60_000)));
    await eventually(
      async () => (refused['overloaded'] ?? 0) + ((await lab.receiver.status()).kernelDrops ?? 0),
      (count) => count > 50,
    );
    isOpen = true;
    resolve();
    const { kernelDrops } = await lab.receiver.status();
    await lab.receiver.shutdown(soon());
    expect(items).toBeGreaterThan(100);
    expect(items + (refused['overloaded'] ?? 0) + (kernelDrops ?? 0)).toBe(sent);
    expect(Object.keys(refused)).toEqual(['overloaded']);
  });

  it('is replaced on the same port when it dies', async () => {
    const clock = new ManualClock();
    const threads: SocketThread[] = [];
    const lab = await started({
      clock,
      spawnSockets() {
        const thread = spawnSockets();
        threads.push(thread);
        return thread;
      },
    });
    const addresses = lab.receiver.addresses();
    await send(lab, [`${HEADER}{"before":1}`]);
    await lab.settled(1);
    await threads[0]?.end();
    expect(lab.lines.map(({ event }) => event)).toEqual(['udp_error']);
    clock.advance(1000);
    await eventually(
      async () => {
        await send(lab, [`${HEADER}{"after":1}`]);
        return lab.documents;
      },
      (documents) => documents.includes('{"after":1}'),
    );
    expect(lab.receiver.addresses()).toEqual(addresses);
  });
});

/** Node 20 cannot share a port: there the thread is started with the program. */
describe.skipIf(Number(process.versions.node.split('.')[0]) < 24)(
  'a thread that is started when somebody sends',
  () => {
    const SENDERS = 8;
    const EACH = 2500;
    let threads: SocketThread[];
    /** That came from one of them. */
    let batches: number;
    const onDemand = (spawn = spawnSockets) =>
      socketsOnDemand(() => {
        const thread = spawn();
        threads.push(thread);
        return {
          ...thread,
          onMessage: (listener) =>
            thread.onMessage((message, blocks) => {
              if (message.kind === 'batch') batches += 1;
              listener(message, blocks);
            }),
        };
      });
    beforeEach(() => {
      threads = [];
      batches = 0;
    });

    /** Until all are sent, while the thread starts and after. */
    async function sendFromMany(port: number): Promise<number> {
      const sending = Array.from({ length: SENDERS }, async (_, sender) => {
        const socket = createSocket('udp4');
        for (let index = 0; index < EACH; index++) {
          const document = `${HEADER}{"sender":${sender},"index":${index}}`;
          await new Promise((resolve) => socket.send(document, port, '127.0.0.1', resolve));
          if (index % 50 === 0) await delay(1);
        }
        socket.close();
      });
      await Promise.all(sending);
      return SENDERS * EACH;
    }

    it.each([[['127.0.0.1']], [['0.0.0.0', '::']]])(
      'takes over on %s without a datagram that is lost or told twice',
      async (hosts) => {
        const lab = await started({ hosts, spawnSockets: onDemand(), receiveBufferBytes: 4 * 1024 * 1024 });
        expect(threads).toHaveLength(0);

        const sent = await sendFromMany(portOf(lab.receiver.addresses().udp[0]));

        const books = async () =>
          lab.documents.length +
          lab.refused.reduce((sum, [, items]) => sum + items, 0) +
          ((await lab.receiver.status()).kernelDrops ?? 0);
        await eventually(books, (count) => count >= sent);
        expect(await books()).toBe(sent);
        expect(new Set(lab.documents).size).toBe(lab.documents.length);
        expect(threads).toHaveLength(1);
        expect(lab.lines).toEqual([]);
      },
    );

    it('is missing: the sockets stay where they are, and that is told', async () => {
      const nowhere = socketsInWorker(pathToFileURL(`${WORKER}.missing`));
      const lab = await started({ spawnSockets: onDemand(nowhere) });
      const sent = await sendFromMany(portOf(lab.receiver.addresses().udp[0]));
      await eventually(
        async () => lab.documents.length + ((await lab.receiver.status()).kernelDrops ?? 0),
        (count) => count === sent,
      );
      expect(lab.lines.map(({ event }) => event)).toEqual(['udp_error']);
      expect(threads).toHaveLength(1);
    });

    it('dies later: the ports are open again, and the next sender gets another thread', async () => {
      const clock = new ManualClock();
      const lab = await started({ clock, spawnSockets: onDemand() });
      const addresses = lab.receiver.addresses();
      const theirs = async () => {
        await send(lab, [`${HEADER}{}`]);
        return batches;
      };
      await eventually(theirs, (count) => count > 0);
      await threads[0]?.end();
      clock.advance(1000);
      batches = 0;
      await eventually(theirs, (count) => count > 0);
      expect(threads).toHaveLength(2);
      expect(lab.receiver.addresses()).toEqual(addresses);
    });

    it('does not share its port with another program', async () => {
      const lab = await started({ spawnSockets: onDemand() });
      const port = portOf(lab.receiver.addresses().udp[0]);
      await expect(createLab({ port, spawnSockets: onDemand() }).receiver.start()).rejects.toThrow(
        new RegExp(`port ${port} .*in use on 127\\.0\\.0\\.1`),
      );
    });

    it('is asked to stop while it takes over: nothing is left behind', async () => {
      const lab = await started({ spawnSockets: onDemand() });
      await send(lab, new Array(60).fill(`${HEADER}{}`));
      await eventually(
        async () => threads.length,
        (count) => count === 1,
      );
      await lab.receiver.shutdown(soon());
      expect(lab.documents).toHaveLength(60);
    });
  },
);

describe("the program at the kernel's default receive buffer", () => {
  const SEGMENTS = 3000;
  const PER_SECOND = 1000;
  const MOST_AT_ONCE = 2;
  let sandbox: Sandbox;
  let sidecast: Sidecast;

  beforeAll(async () => {
    sandbox = await startSandbox();
    sidecast = await startSidecast({ ...settingsOf(sandbox), SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: '0' });
  });
  afterAll(async () => {
    await sidecast?.stop();
    await sandbox?.close();
  });

  it('delivers every datagram once while 12 MiB of JSON are converted, or counts it as dropped by the kernel', async () => {
    const posted = fetch(`${sidecast.otlpUrl}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: jsonOf(12 * 1024 * 1024),
    });
    const ids = await sendSegments(SEGMENTS, PER_SECOND);
    expect((await posted).status).toBe(200);
    const { receivers, destinations } = await eventually(
      () => sidecast.status(),
      (status) =>
        sum(status.receivers['aws-xray']) === SEGMENTS && status.destinations['aws-xray'].counts.queued === 0,
    );
    const { kernelDrops, refused } = receivers['aws-xray'];
    expect(refused).toEqual({});
    expect(destinations['aws-xray'].counts.rejected).toBe(0);
    const { missing, duplicated } = sandbox.audit('aws-xray', ids);
    expect([missing.length, duplicated]).toEqual([kernelDrops, []]);
    // None where the machine is idle; here it runs the sender, the vendors and other tests as well.
    expect(kernelDrops).toBeLessThan(SEGMENTS * 0.05);
  });

  const sum = ({ accepted, kernelDrops }: { accepted: { segments: number }; kernelDrops: number | null }) =>
    accepted.segments + (kernelDrops ?? 0);

  /** Steadily: after a pause of this process, no faster than an application could. */
  async function sendSegments(count: number, perSecond: number): Promise<string[]> {
    const socket = createSocket('udp4');
    const ids: string[] = [];
    const startedMs = performance.now();
    while (ids.length < count) {
      const onTime = ((performance.now() - startedMs) / 1000) * perSecond;
      const due = Math.min(count, onTime, ids.length + MOST_AT_ONCE);
      while (ids.length < due) {
        const id = (ids.length + 1).toString(16).padStart(16, '0');
        ids.push(id);
        socket.send(HEADER + segment(id), sidecast.xrayPort, '127.0.0.1');
      }
      await delay(1);
    }
    await new Promise<void>((resolve) => socket.close(resolve));
    return ids;
  }
});

function segment(id: string): string {
  const second = Date.now() / 1000;
  return JSON.stringify({
    id,
    name: 'backend-flask',
    trace_id: `1-${Math.floor(second).toString(16)}-${id.padStart(24, 'a')}`,
    start_time: second - 0.01,
    end_time: second,
    metadata: { default: { filler: 'x'.repeat(1200) } },
  });
}

function jsonOf(bytes: number): string {
  const span = (index: number) =>
    JSON.stringify({
      traceId: (index + 1).toString(16).padStart(32, '0'),
      spanId: (index + 1).toString(16).padStart(16, 'f'),
      name: 'internal',
      kind: 1,
      startTimeUnixNano: `${Date.now()}000000`,
      endTimeUnixNano: `${Date.now()}000000`,
      attributes: [{ key: 'filler', value: { stringValue: 'x'.repeat(2000) } }],
    });
  const spans = Array.from({ length: Math.floor(bytes / span(0).length) }, (_, index) => span(index));
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans.join(',')}]}]}]}`;
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
