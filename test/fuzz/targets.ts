// Part of the tests: what is fuzzed. A target takes any bytes, and fails by throwing what its callers do not expect.

import { readXRayCommand } from '../../src/cli/xray-command-line.ts';
import { readXRayFile, XRayFileError } from '../../src/cli/xray-file.ts';
import { JsonError, parseJson } from '../../src/config/json.ts';
import { parseLetter } from '../../src/delivery/dead-letters/parse.ts';
import { readByIndexFrame } from '../../src/journal/index-frame.ts';
import { decodeRecord } from '../../src/journal/record.ts';
import { scanSegment } from '../../src/journal/scan.ts';
import type { SegmentBytes } from '../../src/journal/store.ts';
import type { Accepted, OtlpSignal } from '../../src/model/signals.ts';
import { createRedactor } from '../../src/processors/redact/index.ts';
import { decodeLogs, decodeRaising, decodeTraces, eachNotableSpan } from '../../src/protocols/otlp/decode.ts';
import { insertAtEnds } from '../../src/protocols/otlp/insert.ts';
import { jsonToProtobuf, protobufToJson } from '../../src/protocols/otlp/json.ts';
import { MalformedError } from '../../src/protocols/otlp/malformed.ts';
import { fillLogTimes } from '../../src/protocols/otlp/patch.ts';
import { pieces } from '../../src/protocols/otlp/pieces.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { select } from '../../src/protocols/otlp/select.ts';
import { sniffProtobuf } from '../../src/protocols/otlp/sniff.ts';
import { parseStack } from '../../src/protocols/stacktrace/index.ts';
import { parseDatagram, readDocuments, summarizeDocuments } from '../../src/protocols/xray/datagram.ts';
import { spanToDocument } from '../../src/protocols/xray/from-spans.ts';
import { parseSegment } from '../../src/protocols/xray/segment.ts';
import { skim } from '../../src/protocols/xray/skim.ts';
import { splitDocument } from '../../src/protocols/xray/split.ts';
import { segmentToSpans } from '../../src/protocols/xray/to-spans.ts';
import * as corpus from './corpus.ts';

export interface Target {
  corpus(): readonly Buffer[];
  /** Above the bound for what strangers send: the file is the operator's own, and the parser another's. */
  maxMs?: number;
  run(input: Buffer): void | Promise<void>;
}

const SIGNALS: readonly OtlpSignal[] = ['traces', 'logs', 'metrics'];
const LANGUAGES = [undefined, 'python', 'nodejs', 'java', 'go', 'dotnet', 'ruby', 'php'];
const DOCUMENT_BYTES = 64_000;

/** Undefined where `read` refuses the input as it may. */
function unless<T>(kind: new (...args: never[]) => Error, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof kind) return undefined;
    throw error;
  }
}

function holds(fact: boolean, what: string): void {
  if (!fact) throw new Error(what);
}

function acceptedRequest(signal: OtlpSignal, payload: Buffer): Accepted | undefined {
  const summary = unless(MalformedError, () => scan(signal, payload))?.summary;
  return summary && { signal, receivedAtMs: 0, payload, summary, origin: { peer: '' } };
}

const redactor = createRedactor({
  mode: 'mask',
  allow: [],
  deny: ['iban'],
  patterns: [],
  users: 'keep',
  hashKey: undefined,
});
const hasher = createRedactor({
  mode: 'hash',
  allow: [],
  deny: [],
  patterns: [],
  users: 'hash',
  hashKey: undefined,
});

/**
 * Twice: what is redacted holds nothing more to redact, but where it was no JSON, of which more may be found where it was masked.
 * The lengths stay, and what it was remains readable.
 */
function redact(accepted: Accepted, isReadable = true): void {
  const { length } = accepted.payload;
  const replaced = () => Object.values(redactor.counts()).reduce((sum, count) => sum + count, 0);
  const once = redactor.redact(accepted);
  holds(once.payload.length === length, 'masking changed the length');
  holds(once.summary.items === accepted.summary.items, 'masking changed the number of items');
  const before = replaced();
  redactor.redact(once);
  holds(!isReadable || replaced() === before, 'what was masked is masked again');
}

/** A field that nobody knows, with a length around which lengths grow. */
const ADDED = Buffer.concat([Buffer.from([0xa2, 0x01, 100]), Buffer.alloc(100)]);
const sum = (counts: readonly number[] | undefined) => (counts ?? []).reduce((all, count) => all + count, 0);

export const TARGETS: Readonly<Record<string, Target>> = {
  scan: {
    corpus: corpus.protobuf,
    run(input) {
      sniffProtobuf(input);
      for (const signal of SIGNALS) {
        const found = unless(MalformedError, () => scan(signal, input));
        if (!found) continue;
        const half = select(signal, input, (index) => index % 2 === 0);
        holds(
          scan(signal, half).summary.items === Math.ceil(found.summary.items / 2),
          'select keeps another number of items',
        );
      }
    },
  },
  pieces: {
    corpus: corpus.protobuf,
    run(input) {
      for (const signal of SIGNALS) {
        const whole = unless(MalformedError, () => scan(signal, input));
        if (!whole) continue;
        // Where resource and scope are too large for so many pieces, none is made.
        const found = unless(MalformedError, () => [
          ...pieces(signal, input, { bytes: input.length / 3, items: 2 }),
        ]);
        const items = found?.map((piece) => (piece ? scan(signal, piece).summary.items : 0));
        holds(sum(items) === (items ? whole.summary.items : 0), 'pieces hold another number of items');
        holds(items?.every((count) => count <= 2) !== false, 'a piece holds more items than it may');
        const longer = insertAtEnds(signal, input, () => ADDED);
        holds(
          scan(signal, longer).summary.items === whole.summary.items,
          'what is added makes or takes items',
        );
        holds(sum(items) === 0 || longer !== input, 'nothing is added');
      }
    },
  },
  'otlp-protobuf': {
    corpus: corpus.protobuf,
    run(input) {
      if (unless(MalformedError, () => scan('traces', input))) {
        decodeRaising(input);
        eachNotableSpan(input, () => undefined);
        for (const { resource, scope, spans } of decodeTraces(input))
          for (const span of spans) spanToDocument(span, resource, scope);
      }
      if (unless(MalformedError, () => scan('logs', input))) {
        decodeLogs(input);
        holds(scan('logs', fillLogTimes(input, 1)).summary.untimed === 0, 'a log is left without a time');
      }
      for (const signal of SIGNALS)
        if (unless(MalformedError, () => scan(signal, input))) protobufToJson(signal, input);
    },
  },
  'otlp-json': {
    corpus: corpus.otlpJson,
    run(input) {
      const text = input.toString('utf8');
      for (const signal of SIGNALS) {
        const bytes = unless(MalformedError, () => jsonToProtobuf(signal, text));
        if (bytes) scan(signal, bytes);
      }
    },
  },
  'xray-datagram': {
    corpus: corpus.datagrams,
    run(input) {
      const datagram = parseDatagram(input);
      if (datagram.ok) skim(Buffer.from(datagram.document));
      unless(RangeError, () => readDocuments(input));
    },
  },
  'xray-document': {
    corpus: corpus.documents,
    run(input) {
      skim(input);
      const segment = parseSegment(input);
      if (segment)
        for (const { resource, scope, spans } of segmentToSpans(segment))
          for (const span of spans) spanToDocument(span, resource, scope);
      splitDocument(input.toString('latin1'), Math.min(DOCUMENT_BYTES, input.length - 1));
    },
  },
  stack: {
    corpus: corpus.stacks,
    run(input) {
      for (const language of LANGUAGES) parseStack(input.toString('utf8'), language);
    },
  },
  journal: {
    corpus: corpus.segments,
    async run(input) {
      const data: SegmentBytes = {
        isInMemory: false,
        storedBytes: input.length,
        isCompressed: false,
        isLinked: () => true,
        length: input.length,
        append: () => Promise.reject(new Error('read only')),
        read: async (offset, bytes) => Buffer.from(input.subarray(offset, offset + bytes)),
        sync: async () => undefined,
        close: async () => undefined,
        remove: async () => undefined,
      };
      const { segment, lost } = await scanSegment(0, data);
      holds(lost.length <= segment.count, 'more is lost than there was');
      await readByIndexFrame(0, data);
      decodeRecord(input, 0, 0, 0);
      parseLetter(input);
    },
  },
  yaml: {
    corpus: corpus.yaml,
    run(input) {
      const text = input.toString('utf8');
      // A file is read once, as one that was named or as one that was found.
      unless(XRayFileError, () => readXRayFile(text, input.length % 2 === 0));
      unless(JsonError, () => parseJson(text));
    },
  },
  'xray-flags': {
    corpus: corpus.commandLines,
    run(input) {
      readXRayCommand(input.toString('utf8').split('\0'), '1', () => 'Version: 2\n');
    },
  },
  'redact-otlp': {
    corpus: corpus.protobuf,
    run(input) {
      for (const signal of SIGNALS) {
        const accepted = acceptedRequest(signal, Buffer.from(input));
        if (!accepted) continue;
        redact(accepted);
        hasher.redact({ ...accepted, payload: Buffer.from(input) });
      }
    },
  },
  'redact-document': {
    corpus: corpus.documents,
    run(input) {
      const framed = () => {
        const payload = Buffer.alloc(input.length + 4);
        payload.writeUInt32BE(input.length);
        input.copy(payload, 4);
        return payload;
      };
      const payload = framed();
      const accepted: Accepted = {
        signal: 'segments',
        receivedAtMs: 0,
        payload,
        summary: summarizeDocuments(payload),
        origin: { peer: '' },
      };
      const wasSegment = parseSegment(input) !== undefined;
      redact(accepted, wasSegment);
      if (wasSegment) holds(parseSegment(payload.subarray(4)) !== undefined, 'masking made it unreadable');
      hasher.redact({ ...accepted, payload: framed() });
    },
  },
};
