// Part of the tests: one document that goes as several is one item in the books: delivered when all of them are.
import { afterEach, describe, expect, it } from 'vitest';
import { options as awsOptions } from '../../../src/aws/config.ts';
import type { XRay } from '../../../src/aws/xray.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { options } from '../../../src/exporters/aws-xray/config.ts';
import { create } from '../../../src/exporters/aws-xray/index.ts';
import { frameDocuments } from '../../../src/protocols/xray/datagram.ts';
import { type Rig, segments, startRig } from '../../support/delivery.ts';
import { context } from '../records.ts';

const ROOT = '6a71ab68d7306b7e';
const CHILD = '1111111111111111';
const child = { id: CHILD, name: 'sql', metadata: { text: 'x'.repeat(40_000) } };
const large = JSON.stringify({
  id: ROOT,
  name: 'backend',
  trace_id: '1-6b00f63f-a3e68852443a73646a96d06c',
  metadata: { text: 'y'.repeat(40_000) },
  subsegments: [child],
});

let rig: Rig;
afterEach(() => rig.stop());

/** `answers` in their order, then that all is well. Returns the ids that each request had. */
async function startWith(...answers: readonly object[]): Promise<string[][]> {
  const requests: string[][] = [];
  const xray = {
    async putTraceSegments(body: Uint8Array) {
      const { TraceSegmentDocuments: documents } = JSON.parse(Buffer.from(body).toString()) as {
        TraceSegmentDocuments: string[];
      };
      requests.push(documents.map((document) => (JSON.parse(document) as { id: string }).id));
      const answer = answers[requests.length - 1] ?? {};
      return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) };
    },
    close: async () => undefined,
  } as unknown as XRay;
  const { xray: own, aws } = loadConfig({ xray: options, aws: awsOptions }, {}).values;
  rig = await startRig(create({ ...own, ...aws }, { ...context('aws-xray'), aws: { xray } }));
  await rig.accept({ ...segments('one'), payload: frameDocuments([Buffer.from(large)]) });
  return requests;
}

const unprocessed = (Id: string, ErrorCode: string) => ({ UnprocessedTraceSegments: [{ Id, ErrorCode }] });

describe('a segment of more than 64 KB', () => {
  it('is delivered once both of its documents are', async () => {
    const requests = await startWith();
    await rig.until(() => rig.counts().queued === 0);

    expect(requests).toEqual([[ROOT, CHILD]]);
    expect(rig.counts()).toMatchObject({ accepted: 1, delivered: 1, rejected: 0 });
  });

  it('waits for the one that was throttled, which alone is sent again', async () => {
    const requests = await startWith(unprocessed(CHILD, 'ThrottledException'));
    await rig.until(() => rig.counts().queued === 0);

    expect(requests).toEqual([[ROOT, CHILD], [CHILD]]);
    expect(rig.counts()).toMatchObject({ accepted: 1, delivered: 1, rejected: 0 });
  });

  it('is a dead letter, whole, when X-Ray refuses one of them', async () => {
    await startWith(unprocessed(CHILD, 'InvalidName'));
    await rig.until(() => rig.counts().queued === 0);

    expect(rig.counts()).toMatchObject({ accepted: 1, delivered: 0, rejected: 1 });
    expect(rig.letters).toMatchObject([
      { document: large, vendor: { body: expect.stringContaining('InvalidName') } },
    ]);
  });
});
