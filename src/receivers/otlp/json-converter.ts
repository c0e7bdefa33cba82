// Part of receivers/otlp: converts JSON bodies, large ones in a worker thread that lives while it is needed.
import type { Clock } from '../../model/clock.ts';
import { createQuestionThread } from '../../model/question-thread.ts';
import type { OtlpSignal } from '../../model/signals.ts';
import { MalformedError } from '../../protocols/otlp/malformed.ts';
import { convertJson, convertJsonInSteps, type Scanned } from './convert-json.ts';
import type { Answer, Question } from './json-worker.ts';

export interface JsonConverter {
  /** Nobody may touch `body` after this. Undefined when `known` is and the body does not show its signal. */
  convert(known: OtlpSignal | undefined, body: Buffer): Promise<Scanned | undefined>;
  /** Fails what is under way. */
  end(): Promise<void>;
}

/** What takes longer than 2 ms. */
export const LARGE_JSON_BYTES = 256 * 1024;
/** Without a file, running from sources, large bodies are converted here as well, in steps. */
export function createJsonConverter(file: URL | undefined, clock: Clock): JsonConverter {
  const thread =
    file &&
    createQuestionThread<Question, Answer>({ file, name: 'otlp-json', purpose: 'converts JSON', clock });

  return {
    async convert(known, body) {
      if (body.length <= LARGE_JSON_BYTES) return convertJson(known, body);
      if (!thread) return convertJsonInSteps(known, body);
      const answer = await thread.ask({ known, body }, isAlone(body) ? [body.buffer] : []);
      if (answer.kind === 'converted') return answer.converted && withBuffer(answer.converted);
      throw answer.kind === 'malformed' ? new MalformedError(answer.message) : answer.error;
    },
    end: async () => thread?.end(),
  };
}

/** Its memory is its own: it can move to the other thread. What shares memory is copied. */
function isAlone(body: Buffer): body is Buffer<ArrayBuffer> {
  return body.length === body.buffer.byteLength;
}

function withBuffer(converted: Scanned): Scanned {
  const { buffer, byteOffset, length } = converted.protobuf;
  return { ...converted, protobuf: Buffer.from(buffer, byteOffset, length) };
}
