// Part of the tests: a segment document nested without end: it spoilt the batch that it came in, and ended the process while a page was open.
import { expect, it, onTestFinished } from 'vitest';
import { MAX_DEPTH, parseSegment } from '../../../src/protocols/xray/segment.ts';
import { segmentToSpans } from '../../../src/protocols/xray/to-spans.ts';
import { startSandbox } from '../../../src/sandbox/index.ts';
import { eventually, settingsOf, startTestApp } from '../../support/app.ts';
import { datagramOf, sendDatagrams } from '../../support/datagrams.ts';

const now = Date.now() / 1000;
const document = (id: string, more: string) =>
  `{"name":"app","id":"${id}","trace_id":"1-${Math.floor(now).toString(16)}-0123456789abcdef01234567","start_time":${now - 1},"end_time":${now}${more}}`;
const nested = (depth: number) => `,"metadata":{"a":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}`;

it('is read to a depth that everything survives, and no deeper', () => {
  const deepest = parseSegment(document('0123456789abcdef', nested(MAX_DEPTH)));

  expect(deepest && segmentToSpans(deepest)).toBeDefined();
  expect(parseSegment(document('0123456789abcdef', nested(MAX_DEPTH + 1)))).toBeUndefined();
  const brackets = `,"metadata":{"a":"\\"${'['.repeat(5000)}"}`;
  expect(parseSegment(document('0123456789abcdef', brackets))).toBeDefined();
});

it('costs the others that come with it nothing, and whoever looks at the page neither', async () => {
  const sandbox = await startSandbox();
  const app = await startTestApp(settingsOf(sandbox));
  const stream = await fetch(`${app.adminUrl}/api/stream`);
  onTestFinished(async () => {
    await stream.body?.cancel();
    await app.shutdown('test');
    await sandbox.close();
  });
  const documents = [
    document('0000000000000001', ''),
    document('0000000000000002', nested(20_000)),
    document('0000000000000003', ''),
  ];
  await sendDatagrams(app.xrayPort, documents.map(datagramOf));

  const { destinations } = await eventually(app.status, ({ receivers, destinations: all }) => {
    const { accepted, queued } = all.honeycomb.counts;
    return receivers['aws-xray'].accepted.segments === 3 && accepted === 3 && queued === 0;
  });

  expect(destinations.honeycomb.counts).toMatchObject({ delivered: 2, rejected: 1 });
  const reader = stream.body?.getReader();
  let said = '';
  while (!said.includes('event: traces')) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) break;
    said += Buffer.from(value ?? []).toString();
  }
  reader?.releaseLock();
  expect(said).toContain('event: traces');
}, 30_000);
