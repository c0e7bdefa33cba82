// Part of processors/redact: an OTLP request, redacted where it stands in the bytes.
import type { OtlpSignal } from '../../model/signals.ts';
import { type Replacement, splice } from '../../protocols/otlp/splice.ts';
import { eachText, type ValueKind } from '../../protocols/otlp/texts.ts';
import type { Context, Judge } from './judge.ts';
import type { Prefilter } from './prefilter.ts';
import { type Replace, replaceAll } from './replace.ts';
import type { Rule } from './rules.ts';

/** Overwrites `payload`; returns another one where something of another length stands in the place of a value. */
export function redactRequest(
  signal: OtlpSignal,
  payload: Buffer,
  judge: Judge,
  replace: Replace,
  onFound: (rule: Rule) => void,
  mayHoldSecrets: Prefilter = () => true,
): Uint8Array {
  const replacements: Replacement[] = [];
  eachText<Context>(signal, payload, 'plain', {
    under: judge.under,
    value(context, from, to, kind) {
      if (kind === 'integer' || kind === 'double') {
        if (zeroed(payload, context, from, to, kind)) onFound(context as Rule);
        return;
      }
      const isSecretByName = context !== 'plain' && context !== 'id';
      // With the bytes beside it, which some of what is searched for counts on.
      if (!isSecretByName && !mayHoldSecrets(payload.subarray(from - 1, to + 1), true)) return;
      const text = payload.toString('latin1', from, to);
      const findings = judge.findings(context, text);
      if (findings.length === 0) return;
      const replaced = replaceAll(text, findings, replace);
      for (const { rule } of findings) onFound(rule);
      if (replaced.length === text.length) payload.write(replaced, from, 'latin1');
      else replacements.push({ from, to, by: Buffer.from(replaced, 'latin1') });
    },
  });
  return replacements.length === 0 ? payload : splice(payload, replacements);
}

/** A number has no stars: it becomes 0, at the same length. False where the names above it say nothing, or it is 0. */
function zeroed(payload: Buffer, context: Context, from: number, to: number, kind: ValueKind): boolean {
  if (context === 'plain' || context === 'id' || context === 'allowed') return false;
  let any = 0;
  for (let at = from; at < to; at++) any |= payload[at]! & (kind === 'integer' ? 127 : 255);
  if (any === 0) return false;
  payload.fill(kind === 'integer' ? 0x80 : 0, from, to);
  if (kind === 'integer') payload[to - 1] = 0;
  return true;
}
