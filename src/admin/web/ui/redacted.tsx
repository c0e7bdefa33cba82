// Part of the page: text in which what was taken out is marked, and the counts of it.
import { RULES, type Rule } from '../../../processors/redact/rules.ts';
import type { Pipeline } from '../../api/shapes.ts';
import { count } from '../model/format.ts';
import { countRedacted, redactedParts } from '../model/redaction.ts';
import { pipeline } from '../state/live.ts';

interface Props {
  text: string;
  /** Of the attribute. */
  name?: string;
  /** Where there is no room for the word behind it. */
  short?: boolean;
}

/** Where nothing is redacted, stars are the app's own. */
const isOff = () => pipeline.get()?.status.redaction.mode === 'off';

export function MarkedText({ text, name, short }: Props) {
  const parts = isOff() ? [] : redactedParts(text, name);
  const why = parts.find((part) => part.why !== undefined)?.why;
  if (why === undefined) return <>{text}</>;
  return (
    <>
      {parts.map((part, index) =>
        part.why === undefined ? (
          part.text
        ) : (
          <mark key={index} class="redacted" title={part.why}>
            {part.text}
            {short && <span class="unseen"> redacted</span>}
          </mark>
        ),
      )}
      {!short && (
        <span class="tag redacted" title={why}>
          redacted
        </span>
      )}
    </>
  );
}

/** For a heading above a long text. */
export function RedactedCount({ text }: { text: string }) {
  const redacted = isOff() ? 0 : countRedacted(text);
  return redacted === 0 ? null : <span class="tag redacted">{redacted} redacted</span>;
}

/** How many values each rule has replaced since the start. */
export function Redaction({ now }: { now: Pipeline }) {
  const { mode, replaced } = now.status.redaction;
  const rules = (Object.entries(replaced) as [Rule, number][]).toSorted((a, b) => b[1] - a[1]);
  return (
    <article class="box" aria-label="Redaction">
      <h3>
        redaction <span class="rate">{mode}</span>
      </h3>
      {mode === 'off' && (
        <p class="is-odd">
          What comes in is kept and sent on with its secrets. Set SIDECAST_REDACT=mask to take them out.
        </p>
      )}
      {mode !== 'off' && rules.length === 0 && <p class="note">nothing to take out since the start</p>}
      <p class="numbers">
        {rules.map(([rule, values]) => (
          <span key={rule} title={RULES[rule]}>
            {count(values)} {rule}
          </span>
        ))}
      </p>
    </article>
  );
}
