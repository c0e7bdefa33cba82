// Part of protocols/otlp: the messages of proto/ as tables, for what goes by names: JSON.
import protobuf from 'protobufjs';
import collector from '../../../proto/collector.proto?raw';
import common from '../../../proto/common.proto?raw';
import logs from '../../../proto/logs.proto?raw';
import metrics from '../../../proto/metrics.proto?raw';
import resource from '../../../proto/resource.proto?raw';
import trace from '../../../proto/trace.proto?raw';
import type { OtlpSignal } from '../../model/signals.ts';

export type ScalarKind =
  | 'double'
  | 'fixed64'
  | 'sfixed64'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'sint32'
  | 'uint32'
  | 'fixed32'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'enum';

export interface FieldSchema {
  number: number;
  /** As in JSON: lowerCamelCase. */
  name: string;
  kind: ScalarKind | 'message';
  repeated: boolean;
  /** Bytes that JSON shows as hex: ids. */
  hex: boolean;
  /** The names of the other members, when at most one of them may be set. */
  alternatives: readonly string[];
  /** Of kind enum: numbers by name. */
  values: Readonly<Record<string, number>>;
  message: MessageSchema | undefined;
}

export interface MessageSchema {
  name: string;
  byNumber: ReadonlyMap<number, FieldSchema>;
  /** By lowerCamelCase and by snake_case name. */
  byName: ReadonlyMap<string, FieldSchema>;
}

const REQUESTS: Readonly<Record<OtlpSignal, string>> = {
  traces: 'ExportTraceServiceRequest',
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
};
const IDS = new Set(['traceId', 'spanId', 'parentSpanId']);

let root: protobuf.Root | undefined;
const tables = new Map<protobuf.Type, MessageSchema>();

/** Parsed at first need: a sidecar that only ever sees protobuf and no failure never pays for it. */
export function requestSchema(signal: OtlpSignal): MessageSchema {
  root ??= parse();
  return tableOf(root.lookupType(`opentelemetry.proto.collector.v1.${REQUESTS[signal]}`));
}

function parse(): protobuf.Root {
  const parsed = new protobuf.Root();
  for (const text of [common, resource, trace, logs, metrics, collector]) protobuf.parse(text, parsed);
  parsed.resolveAll();
  return parsed;
}

function tableOf(type: protobuf.Type): MessageSchema {
  const known = tables.get(type);
  if (known) return known;
  const byNumber = new Map<number, FieldSchema>();
  const byName = new Map<string, FieldSchema>();
  const table: MessageSchema = { name: type.name, byNumber, byName };
  // Entered before its fields are looked at: values contain values.
  tables.set(type, table);
  for (const field of type.fieldsArray) {
    const schema = fieldOf(field);
    byNumber.set(schema.number, schema);
    byName.set(schema.name, schema);
    byName.set(snakeCase(schema.name), schema);
  }
  return table;
}

function fieldOf(field: protobuf.Field): FieldSchema {
  const resolved = field.resolvedType;
  const isMessage = resolved instanceof protobuf.Type;
  const isEnum = resolved instanceof protobuf.Enum;
  const members = field.partOf?.fieldsArray ?? [];
  return {
    number: field.id,
    name: field.name,
    kind: isMessage ? 'message' : isEnum ? 'enum' : (field.type as ScalarKind),
    repeated: field.repeated,
    hex: IDS.has(field.name),
    alternatives: members.filter((member) => member !== field).map((member) => member.name),
    values: isEnum ? resolved.values : {},
    message: isMessage ? tableOf(resolved) : undefined,
  };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
