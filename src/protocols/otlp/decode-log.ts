// Part of protocols/otlp: one log record as an object.
import type { AttributeValue, LogRecord } from '../../model/otlp.ts';
import { readAttribute, readValue } from './decode-attributes.ts';
import type { Source } from './source.ts';
import { Fields, readInt32 } from './wire.ts';

export function decodeLog(source: Source, from: number, to: number): LogRecord {
  const attributes = new Map<string, AttributeValue>();
  const record: LogRecord = {
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: 0,
    severityText: '',
    body: null,
    attributes,
    traceId: '',
    spanId: '',
    flags: 0,
    eventName: '',
  };
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        record.timeUnixNano = source.uint64(fields.from);
        break;
      case 2:
        record.severityNumber = readInt32(source.bytes, fields.from);
        break;
      case 3:
        record.severityText = source.recurringText(fields.from, fields.to);
        break;
      case 5:
        record.body = readValue(source, fields.from, fields.to);
        break;
      case 6:
        readAttribute(source, fields.from, fields.to, attributes);
        break;
      case 8:
        record.flags = source.uint32(fields.from);
        break;
      case 9:
        record.traceId = source.hex(fields.from, fields.to);
        break;
      case 10:
        record.spanId = source.hex(fields.from, fields.to);
        break;
      case 11:
        record.observedTimeUnixNano = source.uint64(fields.from);
        break;
      case 12:
        record.eventName = source.recurringText(fields.from, fields.to);
        break;
    }
  }
  return record;
}
