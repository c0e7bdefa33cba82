// Part of delivery: a dead letter: what a vendor refused for good, with its reason, so that a person can look at it and send it again.
import { isUtf8 } from 'node:buffer';
import { firstPlaceOf, renderPlace } from '../../model/first-place.ts';
import type { Reason } from '../../model/reasons.ts';
import type { DestinationId, JournalRecord, Origin, Signal } from '../../model/signals.ts';
import { protobufToJson } from '../../protocols/otlp/json.ts';
import { select } from '../../protocols/otlp/select.ts';
import { readDocuments } from '../../protocols/xray/datagram.ts';
import type { VendorAnswer } from '../exporter.ts';

/** What there is to know about a letter without opening it. */
export interface LetterHead {
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
  /** Who sent it, the Honeycomb dataset that the client named, and of a replay where it first lay. */
  origin: Pick<Origin, 'peer' | 'keyRef' | 'dataset' | 'first'>;
  /** The letter whose replay was refused again. */
  replayOf?: string;
}

/** One line of dead-letters/<destination>-YYYY-MM-DD.jsonl. The contents come last: the reader finds the head without them. */
export interface DeadLetter extends LetterHead {
  /** An OTLP/JSON export request. */
  otlp?: object;
  /** A raw X-Ray document. */
  document?: string;
  /** Several of them: a suspect request. */
  documents?: readonly string[];
  /** Base64 of what cannot be shown as either; cannot be replayed. */
  raw?: string;
}

export interface DeadLetters {
  /** Resolves when they are kept. When it rejects they are not: the items must stay unsettled. */
  write(letters: Iterable<DeadLetter>): Promise<void>;
}

export interface Death {
  destination: DestinationId;
  from: number;
  to: number;
  reason: Reason;
  vendor: VendorAnswer | null;
  /** Perhaps not each of them: one letter for all. */
  suspect?: boolean;
  deadAtMs: number;
}

/** Ids repeat in a journal that lived in memory, and in another sidecast's files; with the time they do not. */
export function letterKey({ id, receivedAt }: Pick<LetterHead, 'id' | 'receivedAt'>): string {
  return `${id}@${receivedAt}`;
}

/** A letter for each source item; one for all the rest of a death from the first that cannot be read. */
export function* lettersOf(record: JournalRecord, deaths: Iterable<Death>): Generator<DeadLetter> {
  const read = createReader(record);
  for (const death of deaths) {
    for (const one of death.suspect ? [death] : singly(death)) {
      const contents = read(one);
      yield { ...head(record, one), ...(contents ?? wholeRecord(record)) };
      if (!contents) break;
    }
  }
}

function* singly(death: Death): Generator<Death> {
  for (let from = death.from; from < death.to; from++) yield { ...death, from, to: from + 1 };
}

function head(record: JournalRecord, death: Death): LetterHead {
  const { only: _, replayOf, first, ...origin } = record.origin;
  const place = firstPlaceOf(record);
  return {
    id: `${record.position}:${death.from}`,
    destination: death.destination,
    signal: record.signal,
    reason: { code: death.reason.code, message: death.reason.message },
    vendor: death.vendor,
    suspect: death.suspect ?? false,
    receivedAt: new Date(record.receivedAtMs).toISOString(),
    deadAt: new Date(death.deadAtMs).toISOString(),
    origin: { ...origin, ...(first && { first: renderPlace({ ...place, item: place.item + death.from }) }) },
    ...(replayOf === undefined ? {} : { replayOf }),
  };
}

type Contents = Pick<DeadLetter, 'otlp' | 'document' | 'documents' | 'raw'>;

/** What it gives is undefined when the record cannot be taken apart: that may be why it died. */
function createReader({ signal, payload }: JournalRecord): (items: Death) => Contents | undefined {
  let documents: readonly Uint8Array[] | undefined;
  return ({ from, to }) => {
    try {
      if (signal === 'segments') {
        documents ??= readDocuments(payload);
        return documentContents(documents.slice(from, to));
      }
      const chosen = select(signal, payload, (index) => index >= from && index < to);
      return { otlp: protobufToJson(signal, chosen) };
    } catch {
      return undefined;
    }
  };
}

function documentContents(documents: readonly Uint8Array[]): Contents {
  if (!documents.every((document) => isUtf8(document))) return { raw: base64(Buffer.concat(documents)) };
  const texts = documents.map((document) => Buffer.from(document).toString('utf8'));
  const [only] = texts;
  return texts.length === 1 && only !== undefined ? { document: only } : { documents: texts };
}

const wholeRecord = ({ payload }: JournalRecord): Contents => ({ raw: base64(payload) });

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
