// Part of the tests: what each destination gets from each input, as its exporter really makes it: a block of the README.

import { skipReason } from '../../src/delivery/routing.ts';
import type { LogEvent } from '../../src/exporters/aws-cloudwatch-logs/event.ts';
import { type Document, documentOf } from '../../src/exporters/aws-xray/encoder.ts';
import type { Part } from '../../src/exporters/honeycomb/encoder.ts';
import type { Occurrence } from '../../src/exporters/rollbar/occurrence.ts';
import { bytesOf } from '../../src/model/shelf.ts';
import { DESTINATION_IDS, type DestinationId, type JournalRecord } from '../../src/model/signals.ts';
import { decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { readDocuments } from '../../src/protocols/xray/datagram.ts';
import { sandboxSettings } from '../../src/sandbox/index.ts';
import { type BuiltExporters, buildExporters } from '../support/limits.ts';
import { markdownTable } from '../support/markdown-table.ts';
import { INPUTS } from './inputs.ts';

const NAMES = ['Honeycomb', 'AWS X-Ray', 'CloudWatch Logs', 'Rollbar'];
const OPTION = ['ROLLBAR_ERROR_LOGS', 'on'] as const;

/** By the name of the block: `<!-- generated: inputs -->`. */
export async function whatGoesWhere(): Promise<Readonly<Record<string, string>>> {
  const settings = sandboxSettings('http://127.0.0.1:1');
  const usual = await buildExporters(settings);
  const asked = await buildExporters({ ...settings, [OPTION[0]]: OPTION[1] });
  const rows = INPUTS.map(({ what, accepted }, position) => {
    const record = { ...accepted, position };
    return [what, ...DESTINATION_IDS.map((id) => cellOf(id, record, usual, asked))];
  });
  await Promise.all([usual.close(), asked.close()]);
  return { inputs: markdownTable(['received', ...NAMES], rows) };
}

function cellOf(
  id: DestinationId,
  record: JournalRecord,
  usual: BuiltExporters,
  asked: BuiltExporters,
): string {
  const as = (errorLogs: boolean, { exporters }: BuiltExporters) =>
    skipReason('all', id, record.signal, record.summary, errorLogs) ? '–' : made(id, record, exporters);
  const [cell, option] = [as(false, usual), as(true, asked)];
  if (option === cell) return cell;
  return `${cell === '–' ? '' : `${cell}; `}${option} with \`${OPTION.join('=')}\``;
}

function made(id: DestinationId, record: JournalRecord, exporters: BuiltExporters['exporters']): string {
  const { items, rejected } = exporters[id].encode(record);
  if (rejected.length > 0) throw new Error(`${id} rejects ${JSON.stringify(rejected)}`);
  const words = items.map(({ value }) => wordFor[id](value as never, record));
  return words.length === 0 ? '–' : words.join(', ');
}

const wordFor: Readonly<Record<DestinationId, (value: never, record: JournalRecord) => string>> = {
  honeycomb({ bytes }: Part, { payload, signal }: JournalRecord) {
    if (Buffer.from(payload).equals(bytes)) return 'as received';
    const [first] = decodeTraces(bytes).flatMap(({ spans }) => spans);
    return signal === 'segments' && first ? `span (${KINDS[first.kind]})` : 'changed';
  },
  'aws-xray'(value: Document, { payload, signal }: JournalRecord) {
    const document = Buffer.from(documentOf(value));
    if (signal === 'segments' && readDocuments(payload).some((one) => document.equals(one)))
      return 'as received';
    const { type, subsegments } = JSON.parse(document.toString()) as {
      type?: string;
      subsegments?: unknown[];
    };
    return type ?? (subsegments ? 'subsegment in a segment made for it' : 'segment');
  },
  'aws-cloudwatch-logs'(event: LogEvent) {
    const { message } = JSON.parse(bytesOf(event).toString()) as { message: string };
    const { event_id: id } = JSON.parse(message) as { event_id: string };
    if (id.endsWith(':access')) return 'access line';
    return id.includes(':error:') ? 'error event' : 'event';
  },
  rollbar: ({ kind, level }: Occurrence) => `${kind} (${level})`,
};

const KINDS: Readonly<Record<number, string>> = { 1: 'INTERNAL', 2: 'SERVER', 3: 'CLIENT' };
