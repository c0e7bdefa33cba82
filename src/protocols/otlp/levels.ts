// Part of protocols/otlp: where a request's items are: the field numbers that lead down to them.
import type { OtlpSignal } from '../../model/signals.ts';

/** Of a metric: gauge, sum, histogram, exponential histogram, summary. */
const METRIC_DATA = [5, 7, 9, 10, 11];

/** Resource → scope → item; a metric holds its points one message further down. The last level is the item itself. */
export const LEVELS: Readonly<Record<OtlpSignal, readonly (readonly number[])[]>> = {
  traces: [[1], [2], [2]],
  logs: [[1], [2], [2]],
  metrics: [[1], [2], [2], METRIC_DATA, [1]],
};
