// Part of correlation: what an exception is recognised by where two libraries wrote it down, each in its own way.

const MAX_WORDS_CHARS = 300;

/**
 * Class without its module (OTel's Python SDK has `werkzeug.exceptions.NotFound` on spans, `NotFound` on log records, as X-Ray's SDK
 * has), and message. Python's logging gives the first argument for a message, so `KeyError: 'a'` is `a` there and `'a'` on the span:
 * what the stack says of both is the same. Two accounts are of one exception when they share any of these.
 */
export function wordsOf(account: { type: string; message: string; stack: string }): readonly string[] {
  const type = account.type.slice(1 + Math.max(...[...'.:\\'].map((sign) => account.type.lastIndexOf(sign))));
  const said = type === '' ? undefined : saidIn(account.stack, `${type}: `);
  const messages = said === undefined ? [account.message] : [account.message, said];
  return [...new Set(messages.map((words) => `${type}\u0000${words.trim().slice(0, MAX_WORDS_CHARS)}`))];
}

const PYTHON = /^\W*(?:Exception Group )?Traceback /;

/** The exception itself stands last in Python, first elsewhere; its causes are at the other end. */
function saidIn(stack: string, label: string): string | undefined {
  const at = PYTHON.test(stack) ? stack.lastIndexOf(label) : stack.split('\n', 1)[0]?.indexOf(label);
  if (at === undefined || at < 0) return undefined;
  const [line = ''] = stack.slice(at + label.length, at + label.length + MAX_WORDS_CHARS).split('\n', 1);
  return line;
}
