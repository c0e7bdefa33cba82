// Part of receivers/aws-xray: looks at a few of the documents that come, for what their application's owner would want to know.
import type { Processor } from '../../intake/process.ts';
import type { Clock } from '../../model/clock.ts';
import { type Skim, skim } from '../../protocols/xray/skim.ts';
import type { Sampling } from '../../sampling/index.ts';
import type { AdviceBook } from '../../telemetry/advice.ts';
import { OpenSegments } from './advice-open.ts';
import { TRACE_QUOTA_BYTES, TraceWeights } from './advice-traces.ts';

export interface AdviserOptions {
  book: AdviceBook;
  sampling: Pick<Sampling, 'patternsPassedBy'>;
  /** Its refusals matter to nobody else. */
  isXRayOn: boolean;
  clock: Clock;
}

/** One document in this time is skimmed: at 5,000/s one in 100, of a service with a request now and then each. */
const SKIM_EVERY_MS = 20;
/** Names stand at the front; more than this of a document is skimmed only for what is in progress. */
const SKIM_BYTES = 16 * 1024;
/** X-Ray developer guide: a segment document is up to 64 kB. */
const DOCUMENT_LIMIT_BYTES = 65_536;
const NEAR_BYTES = 0.9 * DOCUMENT_LIMIT_BYTES;
const LENGTH_BYTES = 4;

/** X-Ray developer guide, "Segment documents": letters, numbers, white space and these; up to 200 characters. */
const FORBIDDEN = /[^\p{L}\p{N}\s_.:/%&#=+\\\-@]/u;
const MAX_NAME_CHARS = 200;

/** For intake: changes nothing of what comes in. Per document it reads a length; what costs more is bounded in time and bytes. */
export function createAdviser({ book, sampling, isXRayOn, clock }: AdviserOptions): Processor {
  const traces = new TraceWeights();
  const open = new OpenSegments();
  let skimmedAtMs = Number.NEGATIVE_INFINITY;

  return (accepted) => {
    const { signal, payload, origin } = accepted;
    if (signal === 'segments' && origin.replayOf === undefined) {
      const last = lookAtAll(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
      const nowMs = clock.now();
      if (last && Math.abs(nowMs - skimmedAtMs) >= SKIM_EVERY_MS) {
        skimmedAtMs = nowMs;
        lookAtOne(last, nowMs);
      }
    }
    return accepted;
  };

  /** Returns the last one: SDKs send a segment after the subsegments that they stream. */
  function lookAtAll(payload: Buffer): Buffer | undefined {
    const isWatching = !open.isEmpty;
    let start = 0;
    let end = 0;
    while (end + LENGTH_BYTES <= payload.length) {
      start = end + LENGTH_BYTES;
      end = start + payload.readUInt32BE(end);
      if (isWatching) open.see(payload, start, end);
      if (end - start > NEAR_BYTES) adviseOnSize(payload.subarray(start, end));
      if (isXRayOn && traces.isDue(end - start)) adviseOnTrace(payload.subarray(start, end));
    }
    return end > start ? payload.subarray(start, end) : undefined;
  }

  function lookAtOne(document: Buffer, nowMs: number): void {
    const skimmed = skim(document, SKIM_BYTES);
    if (isXRayOn) adviseOnName(skimmed);
    if (!skimmed.isSubsegment && skimmed.name !== '') adviseOnRules(skimmed.name);
    for (const one of skimmed.open) open.watch(one, nowMs);
    for (const { name, id } of open.overdue(nowMs)) {
      book.give('in_progress_left_open', name, () => ({
        message: `"${name}" (${id}) was sent as in progress and not completed within 15 minutes`,
        fix: 'Close segments and subsegments also where an exception or a cancelled task leaves the code early.',
      }));
    }
  }

  function adviseOnSize(document: Buffer): void {
    const { name } = skim(document, SKIM_BYTES);
    book.give('document_near_limit', name, () => ({
      message: `a document of "${name}" has ${document.length} bytes; X-Ray takes ${DOCUMENT_LIMIT_BYTES}, and no SDK can send more than 65507`,
      fix: 'Record less metadata in one segment, or let the SDK stream subsegments earlier (its streaming threshold).',
    }));
  }

  function adviseOnTrace(document: Buffer): void {
    const traceId = traces.weigh(document);
    if (traceId === undefined) return;
    book.give('trace_near_quota', '', () => ({
      message: `the trace ${traceId} has about 400 KB by now; X-Ray takes about ${TRACE_QUOTA_BYTES / 1000} KB of one trace, and less when it trickles`,
      fix: 'Begin a new trace for each unit of work, or record fewer subsegments and less metadata.',
    }));
  }

  function adviseOnName({ name }: Skim): void {
    const character = FORBIDDEN.exec(name)?.[0];
    const isLong = [...name].length > MAX_NAME_CHARS;
    if (character === undefined && !isLong) return;
    const what = isLong
      ? `has more than ${MAX_NAME_CHARS} characters`
      : `has the character ${JSON.stringify(character)}`;
    book.give('invalid_name', name.slice(0, MAX_NAME_CHARS), () => ({
      message: `the name ${JSON.stringify(name.slice(0, MAX_NAME_CHARS))} ${what}: X-Ray refuses such documents (InvalidName)`,
      fix: 'Name it with letters, digits, spaces and _ . : / % & # = + \\ - @ only.',
    }));
  }

  function adviseOnRules(name: string): void {
    const patterns = sampling.patternsPassedBy(name);
    if (!patterns) return;
    book.give('sampling_rule_unmatched', name, () => ({
      message: `segments named "${name}" arrive, and no sampling rule but Default is for that ServiceName; the rules are for ${patterns.slice(0, 5).join(', ')}`,
      fix: 'Give a rule a ServiceName that matches (* matches all), or turn off dynamic naming in the SDK, which names segments after the Host header.',
    }));
  }
}
