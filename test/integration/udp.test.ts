// Part of the tests: the UDP socket in its worker thread, as it is built: `npm run build` first.
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/intake/admission.ts';
import { socketsInWorker } from '../../src/receivers/aws-xray/index.ts';
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
        setAside: () => undefined,
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
