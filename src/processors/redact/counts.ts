// Part of processors/redact: how many values were replaced, by rule.
import type { Rule } from './rules.ts';

export type RedactionCounts = Readonly<Partial<Record<Rule, number>>>;

export function summed(some: RedactionCounts, more: RedactionCounts): RedactionCounts {
  const sum: Partial<Record<Rule, number>> = { ...some };
  for (const [rule, count] of Object.entries(more) as [Rule, number][]) sum[rule] = (sum[rule] ?? 0) + count;
  return sum;
}
