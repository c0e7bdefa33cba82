// Part of the page: an exception: what, where in the app, and the stack with the libraries folded away.
import type { ExceptionFact } from '../model/important.ts';
import { foldStack, framesIn } from '../model/stack.ts';
import { CopyButton } from './copy.tsx';
import { MarkedText } from './redacted.tsx';

export function ExceptionView({ exception }: { exception: ExceptionFact }) {
  const { type, message, stack, nearest } = exception;
  return (
    <section class="exception" aria-label="Exception">
      <p class="raised">
        <strong>{type}</strong>
        {message && (
          <>
            : <MarkedText text={message} />
          </>
        )}
        {stack !== undefined && <CopyButton small label="the stack trace" text={() => stack} />}
      </p>
      {nearest !== undefined && <p class="nearest mono">{nearest}</p>}
      {stack !== undefined && <Stack text={stack} />}
    </section>
  );
}

/** Fewer are not worth a fold. */
const FOLD_FROM = 2;

function Stack({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too
    <div class="stack mono" tabIndex={0} role="region" aria-label="Stack trace">
      {foldStack(text).map((block, index) => {
        const lines = block.lines.join('\n');
        const frames = framesIn(block);
        const key = `${index} ${block.kind}`;
        if (block.kind !== 'library' || frames < FOLD_FROM) {
          return (
            <pre key={key} class={block.kind}>
              <MarkedText text={lines} short />
            </pre>
          );
        }
        return (
          <details key={key}>
            <summary>{frames} frames of libraries</summary>
            <pre class="library">{lines}</pre>
          </details>
        );
      })}
    </div>
  );
}
