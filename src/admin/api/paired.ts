// Part of admin/api: the other account of a request: a backend with both SDKs tells of each one twice, under two trace ids.
import type { IdsOf } from '../../correlation/pairs.ts';
import type { TraceRow } from './shapes.ts';

/** Asked at each look: the other account may come seconds later, and a third one in between makes both doubtful. */
export function withPair(row: TraceRow, idsOf: IdsOf): TraceRow {
  const [came, another] = row.came;
  // Told by both under one id: there is no other trace.
  if (came === undefined || another !== undefined) return row;
  const { otlp, xray } = idsOf(row.id, came);
  const other = came === 'otlp' ? xray : otlp;
  return other === row.id ? row : { ...row, pairedWith: other };
}
