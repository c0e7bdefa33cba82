// Part of the tests of processors/redact: a redactor with the options that a test is about, and what it makes of a payload.

import { optionGroups } from '../../../src/app/options.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { renderProblem } from '../../../src/config/problems.ts';
import type { Accepted, OtlpSignal } from '../../../src/model/signals.ts';
import { createRedactor, type Redactor } from '../../../src/processors/redact/index.ts';
import { settingsOf, withPatterns } from '../../../src/processors/redact/settings.ts';
import { scan } from '../../../src/protocols/otlp/scan.ts';
import { frameDocuments, readDocuments, summarizeDocuments } from '../../../src/protocols/xray/datagram.ts';
import { decode, encode, type Plain } from '../../protocols/otlp/oracle.ts';

export function redactorWith(env: Readonly<Record<string, string>> = {}): Redactor {
  const { values, problems } = loadConfig(optionGroups, { env });
  if (problems.length > 0) throw new Error(problems.map(renderProblem).join('\n'));
  return createRedactor(withPatterns(settingsOf(values.redact)));
}

export function acceptedRequest(signal: OtlpSignal, payload: Uint8Array): Accepted {
  const { summary } = scan(signal, payload);
  return { signal, receivedAtMs: 1_800_000_000_000, payload, summary, origin: { peer: '127.0.0.1' } };
}

export function acceptedDocuments(documents: readonly string[]): Accepted {
  const payload = frameDocuments(documents.map((document) => Buffer.from(document)));
  const summary = summarizeDocuments(payload);
  return {
    signal: 'segments',
    receivedAtMs: 1_800_000_000_000,
    payload,
    summary,
    origin: { peer: '127.0.0.1' },
  };
}

/** What protobufjs reads of the redacted request. */
export function redacted(signal: OtlpSignal, request: Plain, redactor = redactorWith()): Plain {
  return decode(signal, redactor.redact(acceptedRequest(signal, encode(signal, request))).payload);
}

export function redactedDocument(document: string, redactor = redactorWith()): string {
  const { payload } = redactor.redact(acceptedDocuments([document]));
  return Buffer.from(readDocuments(payload)[0]!).toString();
}

/** The text as a log's body, and what becomes of it. */
export function redactedText(text: string, redactor = redactorWith()): string {
  const request = {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body: { stringValue: text } }] }] }],
  };
  return redacted('logs', request, redactor)['resourceLogs'][0].scopeLogs[0].logRecords[0].body.stringValue;
}

export const stars = (text: string) => '*'.repeat(Buffer.byteLength(text));
