// Part of processors/redact: the entry of the thread that redacts what is large.
import { parentPort, workerData } from 'node:worker_threads';
import type { RedactionCounts } from './counts.ts';
import { createRedactor } from './index.ts';
import type { Rule } from './rules.ts';
import { type RedactSettings, withPatterns } from './settings.ts';
import type { Answer, Question } from './thread.ts';

const port = parentPort;
if (!port) throw new Error('this file runs in a worker thread only');
const redactor = createRedactor(withPatterns(workerData as RedactSettings));

port.on('message', ({ id, ...accepted }: Question & { id: number }) => {
  const before = { ...redactor.counts() };
  try {
    const received = { ...accepted, receivedAtMs: 0, origin: { peer: '' } };
    const redacted = redactor.redact(received);
    const counts = since(before);
    if (redacted === received) return reply({ id, counts });
    // Cut to size: what was put together may lie in a pool of Node's own.
    const payload = isAlone(redacted.payload) ? redacted.payload : new Uint8Array(redacted.payload);
    reply({ id, counts, redacted: { payload, summary: redacted.summary } }, [payload.buffer as ArrayBuffer]);
  } catch (error) {
    const { name, stack = '' } = error as Error;
    reply({ id, counts: since(before), failedAt: `${name}\n${/^\s+at .*/m.exec(stack)?.[0] ?? ''}` });
  }
});

function reply(answer: Answer, moved: ArrayBuffer[] = []): void {
  port?.postMessage(answer, moved);
}

function since(before: RedactionCounts): RedactionCounts {
  const counts = Object.entries(redactor.counts()) as [Rule, number][];
  return Object.fromEntries(counts.map(([rule, count]) => [rule, count - (before[rule] ?? 0)]));
}

const isAlone = ({ length, buffer }: Uint8Array) => length === buffer.byteLength;
