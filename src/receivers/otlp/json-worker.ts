// Part of receivers/otlp: the entry of the worker thread that converts large JSON bodies.
import { parentPort } from 'node:worker_threads';
import type { OtlpSignal } from '../../model/signals.ts';
import { MalformedError } from '../../protocols/otlp/malformed.ts';
import { convertJson, type Scanned } from './convert-json.ts';

export interface Question {
  known: OtlpSignal | undefined;
  body: Uint8Array;
}

export type Answer = { id: number } & (
  | { kind: 'converted'; converted: Scanned | undefined }
  | { kind: 'malformed'; message: string }
  | { kind: 'failed'; error: unknown }
);

const port = parentPort;
if (!port) throw new Error('this file runs in a worker thread only');
port.on('message', ({ id, known, body }: Question & { id: number }) => {
  try {
    const converted = convertJson(known, Buffer.from(body.buffer, body.byteOffset, body.length));
    reply({ id, kind: 'converted', converted: converted && cutToSize(converted) });
  } catch (error) {
    if (error instanceof MalformedError) reply({ id, kind: 'malformed', message: error.message });
    else reply({ id, kind: 'failed', error });
  }
});

function reply(answer: Answer): void {
  const moved = answer.kind === 'converted' && answer.converted ? [answer.converted.protobuf.buffer] : [];
  port?.postMessage(answer, moved as ArrayBuffer[]);
}

/** The memory that was written to is up to twice as large, and may be shared. */
function cutToSize(converted: Scanned): Scanned {
  return { ...converted, protobuf: new Uint8Array(converted.protobuf) };
}
