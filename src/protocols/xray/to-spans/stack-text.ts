// Part of protocols/xray: the text of a stack trace as the language itself prints it, so that vendors' parsers know it.

export interface StackException {
  type: string;
  message: string;
  /** In the document's order: Python's SDK writes the newest call last, the others write it first. */
  frames: readonly { file: string; line: number; function: string }[];
}

const LANGUAGES: Readonly<Record<string, string>> = {
  py: 'python',
  js: 'nodejs',
  cjs: 'nodejs',
  mjs: 'nodejs',
  ts: 'nodejs',
  java: 'java',
  kt: 'java',
  go: 'go',
  rb: 'ruby',
  cs: 'dotnet',
};

/** A lone subsegment does not name its SDK; the source file's extension does. */
export function languageOfPath(path: string): string | undefined {
  return LANGUAGES[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ''];
}

/** `exceptions`: the final one first. Languages without a form of their own here are printed as V8 does. */
export function renderStack(exceptions: readonly StackException[], language: string | undefined): string {
  switch (language) {
    case 'python':
      return exceptions
        .map(renderPython)
        .reverse()
        .join('\nThe above exception was the direct cause of the following exception:\n\n');
    case 'java':
      return exceptions.map((exception) => renderJava(exception)).join('Caused by: ');
    default:
      return exceptions.map((exception) => renderV8(exception)).join('\n  [cause]: ');
  }
}

function headline({ type, message }: StackException): string {
  if (message === '') return type;
  return type === '' ? message : `${type}: ${message}`;
}

function renderPython(exception: StackException): string {
  const frames = exception.frames.map(
    (frame) => `  File "${frame.file}", line ${frame.line}, in ${frame.function}\n`,
  );
  return `Traceback (most recent call last):\n${frames.join('')}${headline(exception)}\n`;
}

function renderJava(exception: StackException): string {
  const frames = exception.frames.map((frame) => `\tat ${frame.function}(${place(frame)})\n`);
  return `${headline(exception)}\n${frames.join('')}`;
}

function renderV8(exception: StackException): string {
  const frames = exception.frames.map((frame) => {
    // A column is part of V8's form; X-Ray keeps none.
    const at = `${place(frame)}:1`;
    return frame.function === '' ? `\n    at ${at}` : `\n    at ${frame.function} (${at})`;
  });
  return `${headline(exception)}${frames.join('')}`;
}

function place({ file, line }: { file: string; line: number }): string {
  return line > 0 ? `${file}:${line}` : file;
}
