// Part of the tests of the journal: the head of a record has a bound, and what a client named its services must not break it.
import { expect, it } from 'vitest';
import { placeFrame } from '../../src/journal/frame.ts';
import { decodeRecord, encodeRecordHead } from '../../src/journal/record.ts';
import { accepted } from '../support/records.ts';

function writtenAndRead(services: readonly string[]) {
  const record = accepted('payload');
  const head = encodeRecordHead({ ...record, summary: { ...record.summary, services } });
  placeFrame(head, 0);
  return decodeRecord(Buffer.concat([head, Buffer.from(record.payload)]), 0, 0, 0);
}

it('names of services are kept', () => {
  expect(writtenAndRead(['shop', 'cart'])?.summary.services).toEqual(['shop', 'cart']);
});

it('names that do not fit are left out, and the record is readable', () => {
  const read = writtenAndRead(Array.from({ length: 100 }, (_, i) => `${i}${'\u0001'.repeat(250)}`));
  expect(read?.summary.services).toEqual([]);
  expect(Buffer.from(read?.payload ?? []).toString()).toBe('payload');
});
