// Part of the tests: the X-Ray receiver on loopback, with an intake that takes everything and a note of what it said.
import { afterEach } from 'vitest';
import { createAdmission } from '../../src/intake/admission.ts';
import type { Accepted } from '../../src/model/signals.ts';
import { readDocuments } from '../../src/protocols/xray/datagram.ts';
import {
  createXRayReceiver,
  type XRayReceiver,
  type XRayReceiverOptions,
} from '../../src/receivers/aws-xray/index.ts';
import { sendDatagrams } from './datagrams.ts';

export const soon = () => AbortSignal.timeout(5000);

export const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export interface Lab {
  receiver: XRayReceiver;
  documents: string[];
  records: Accepted[];
  refused: [code: string, items: number][];
  lines: { level: string; event: string; fields: Readonly<Record<string, unknown>> | undefined }[];
  /** Resolves when at least so many documents were accepted and datagrams refused. */
  settled(count: number): Promise<void>;
}

export function createLab(options: Partial<XRayReceiverOptions> = {}): Lab {
  const waiting: { count: number; resolve: () => void }[] = [];
  const notify = () => {
    const count = lab.documents.length + lab.refused.reduce((sum, [, items]) => sum + items, 0);
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
      setAside: () => undefined,
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

export async function started(options: Partial<XRayReceiverOptions> = {}): Promise<Lab> {
  const lab = createLab(options);
  await lab.receiver.start();
  return lab;
}

export const portOf = (address: string | undefined) => Number(address?.slice(address.lastIndexOf(':') + 1));

export async function send(
  lab: Lab,
  messages: readonly (string | Uint8Array)[],
  host = '127.0.0.1',
): Promise<void> {
  await sendDatagrams(portOf(lab.receiver.addresses().udp[0]), messages, host);
}
