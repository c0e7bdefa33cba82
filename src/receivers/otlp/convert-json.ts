// Part of receivers/otlp: an OTLP/JSON body becomes protobuf, which is what the journal holds.
import { setImmediate as breathe } from 'node:timers/promises';
import type { OtlpSignal } from '../../model/signals.ts';
import { jsonToProtobuf, jsonToProtobufSteps } from '../../protocols/otlp/json.ts';
import { type Scan, scan } from '../../protocols/otlp/scan.ts';
import { sniffJson } from '../../protocols/otlp/sniff.ts';

/** A request, and what the scan of it found. */
export interface Scanned {
  signal: OtlpSignal;
  protobuf: Uint8Array;
  found: Scan;
}

/** So long at a time, to stay below the 5 ms that a turn of the event loop may take. */
const STEP_MS = 2;

/** Undefined when `known` is and the body does not show which signal it is. Throws MalformedError. */
export function convertJson(known: OtlpSignal | undefined, body: Buffer): Scanned | undefined {
  const text = body.toString('utf8');
  const signal = known ?? signalIn(text);
  return signal && scanned(signal, jsonToProtobuf(signal, text));
}

/** The same for a thread that has other things to do. */
export async function convertJsonInSteps(
  known: OtlpSignal | undefined,
  body: Buffer,
): Promise<Scanned | undefined> {
  const text = body.toString('utf8');
  const signal = known ?? signalIn(text);
  if (!signal) return undefined;
  const steps = jsonToProtobufSteps(signal, text);
  for (let startedAt = performance.now(); ; ) {
    const step = steps.next();
    if (step.done) return scanned(signal, step.value);
    if (performance.now() - startedAt < STEP_MS) continue;
    await breathe();
    startedAt = performance.now();
  }
}

/** `{}` carries nothing, so it does not matter which signal it is. */
function signalIn(text: string): OtlpSignal | undefined {
  return sniffJson(text) ?? (/^\s*\{\s*\}\s*$/.test(text) ? 'traces' : undefined);
}

export function scanned(signal: OtlpSignal, protobuf: Uint8Array): Scanned {
  return { signal, protobuf, found: scan(signal, protobuf) };
}
