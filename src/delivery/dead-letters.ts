// Part of delivery: what a vendor refused for good, kept with its reason so that a person can look at it and send it again.
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reason } from '../model/reasons.ts';
import type { DestinationId, JournalRecord, Signal } from '../model/signals.ts';
import { protobufToJson } from '../protocols/otlp/json.ts';
import { select } from '../protocols/otlp/select.ts';
import { readDocuments } from '../protocols/xray/datagram.ts';
import type { VendorAnswer } from './exporter.ts';

/** One line of dead-letters/<destination>-YYYY-MM-DD.jsonl. */
export interface DeadLetter {
  /** `<position>:<item>`: writing it twice is harmless. */
  id: string;
  destination: DestinationId;
  signal: Signal;
  reason: Pick<Reason, 'code' | 'message'>;
  vendor: VendorAnswer | null;
  /** The vendor refused some items of this request without naming them: perhaps not this one. */
  suspect: boolean;
  receivedAt: string;
  deadAt: string;
  otlp?: object;
  document?: string;
  /** Base64 of what could not be decoded. */
  raw?: string;
}

export interface DeadLetters {
  write(letters: readonly DeadLetter[]): Promise<void>;
}

/** Appends to a file a day and destination; resolves after write(2). */
export function createDeadLetterFiles(dir: string): DeadLetters {
  return {
    async write(letters) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      for (const [name, lines] of groupByFile(letters))
        await appendFile(join(dir, name), lines, { mode: 0o600 });
    },
  };
}

/** Without a data directory the newest are kept in memory. */
export function createDeadLetterMemory(
  capacity = 1000,
): DeadLetters & { readonly newest: readonly DeadLetter[] } {
  const newest: DeadLetter[] = [];
  return {
    newest,
    async write(letters) {
      newest.push(...letters);
      newest.splice(0, Math.max(0, newest.length - capacity));
    },
  };
}

export interface Death {
  destination: DestinationId;
  from: number;
  to: number;
  reason: Reason;
  vendor: VendorAnswer | null;
  deadAtMs: number;
}

/** A letter for each source item. */
export function deadLettersOf(record: JournalRecord, death: Death): DeadLetter[] {
  if (death.reason.code === 'undecodable') {
    return [{ ...head(record, death, false), raw: Buffer.from(record.payload).toString('base64') }];
  }
  const letters: DeadLetter[] = [];
  for (let item = death.from; item < death.to; item++) {
    const range = { ...death, from: item, to: item + 1 };
    letters.push({ ...head(record, range, false), ...content(record, range) });
  }
  return letters;
}

/** One letter for all items among which the vendor refused some. */
export function suspectLetterOf(record: JournalRecord, death: Death): DeadLetter {
  return { ...head(record, death, true), ...content(record, death) };
}

function head(record: JournalRecord, death: Death, suspect: boolean): DeadLetter {
  return {
    id: `${record.position}:${death.from}`,
    destination: death.destination,
    signal: record.signal,
    reason: { code: death.reason.code, message: death.reason.message },
    vendor: death.vendor,
    suspect,
    receivedAt: new Date(record.receivedAtMs).toISOString(),
    deadAt: new Date(death.deadAtMs).toISOString(),
  };
}

function content(record: JournalRecord, { from, to }: Death): Pick<DeadLetter, 'otlp' | 'document'> {
  if (record.signal === 'segments') {
    const documents = readDocuments(record.payload).slice(from, to);
    return { document: documents.map((document) => Buffer.from(document).toString('utf8')).join('\n') };
  }
  const chosen = select(record.signal, record.payload, (index) => index >= from && index < to);
  return { otlp: protobufToJson(record.signal, chosen) };
}

function groupByFile(letters: readonly DeadLetter[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const letter of letters) {
    const name = `${letter.destination}-${letter.deadAt.slice(0, 10)}.jsonl`;
    files.set(name, `${files.get(name) ?? ''}${JSON.stringify(letter)}\n`);
  }
  return files;
}
