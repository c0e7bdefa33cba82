// Part of intake: a dead letter as a record again, for the one destination where it died.
import { setImmediate as breathe } from 'node:timers/promises';
import { letterKey } from '../../delivery/dead-letters/letter.ts';
import type { ParsedLetter } from '../../delivery/dead-letters/parse.ts';
import type { Accepted, OtlpSignal } from '../../model/signals.ts';
import { jsonToProtobufSteps } from '../../protocols/otlp/json.ts';
import { MalformedError } from '../../protocols/otlp/malformed.ts';
import { fillLogTimes } from '../../protocols/otlp/patch.ts';
import { explainInvalid, scan } from '../../protocols/otlp/scan.ts';
import { frameDocuments, summarizeDocuments } from '../../protocols/xray/datagram.ts';

/** A step converts 32 K characters in about half a millisecond. */
const STEPS_AT_ONCE = 4;

/** Throws MalformedError or SyntaxError where somebody has edited it badly. */
export async function revive(letter: ParsedLetter, nowMs: number): Promise<Accepted> {
  const { head } = letter;
  const { payload, summary } = await contentOf(letter);
  if (summary.items === 0) throw new MalformedError('it holds no item');
  const replayOf = letterKey(head);
  const origin = { first: replayOf, ...head.origin, only: head.destination, replayOf };
  return { signal: head.signal, receivedAtMs: nowMs, payload, summary, origin };
}

type Content = Pick<Accepted, 'payload' | 'summary'>;

async function contentOf(letter: ParsedLetter): Promise<Content> {
  const { signal, receivedAt } = letter.head;
  if (letter.kind === 'documents' && signal === 'segments') return segments(letter.documents());
  if (letter.kind === 'otlp' && signal !== 'segments')
    return otlp(signal, letter.json(), Date.parse(receivedAt));
  throw new MalformedError(`what it holds is not of the signal ${signal}`);
}

function segments(texts: readonly string[]): Content {
  const documents = texts.map((text) => Buffer.from(text));
  const payload = frameDocuments(documents);
  return { payload, summary: summarizeDocuments(payload) };
}

async function otlp(signal: OtlpSignal, json: string, receivedAtMs: number): Promise<Content> {
  const steps = jsonToProtobufSteps(signal, json);
  for (let count = 1; ; count++) {
    const step = steps.next();
    if (step.done) return timed(signal, step.value, receivedAtMs);
    if (count % STEPS_AT_ONCE === 0) await breathe();
  }
}

/** A log record without a time of its own keeps that of its first arrival. */
function timed(signal: OtlpSignal, body: Uint8Array, receivedAtMs: number): Content {
  const { summary, invalid, crowded } = scan(signal, body);
  if (invalid.length > 0)
    throw new MalformedError(explainInvalid(signal, summary.items, invalid.length, crowded));
  if (summary.untimed === 0) return { payload: body, summary };
  return { payload: fillLogTimes(body, receivedAtMs), summary: { ...summary, untimed: 0 } };
}
