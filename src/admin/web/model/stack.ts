// Part of the page: a stack trace for reading: line breaks kept, the app's own frames first to the eye, runs of library frames folded.

export interface StackBlock {
  kind: 'text' | 'app' | 'library';
  lines: readonly string[];
}

/** A line that begins a frame, in the languages that SDKs exist for. */
const FRAME =
  /^\s*(?:File "|at |from |#\d+ |\d+: |\S+\.go:\d+|[^\s:]+:\d+:in )|^\s+\S+\.(?:go|rb|py|js|ts):\d+|^\S+@\S+:\d+/;

/** Where code lies that the developer did not write. */
const LIBRARY =
  /site-packages|dist-packages|node_modules|node:|\(internal\/|<frozen |\/lib\/python3|\/usr\/lib|\/usr\/local\/(?:lib|go)\/|\/go\/pkg\/mod|\/gems\/|\/vendor\/|\[internal function\]|\b(?:java|javax|jdk|sun|kotlin|scala|jakarta|org\.springframework|org\.apache|io\.netty|reactor|System|Microsoft)\.\S+\(|runtime\.\w+\(|net\/http\./;

export function foldStack(text: string): StackBlock[] {
  const blocks: { kind: StackBlock['kind']; lines: string[] }[] = [];
  let kind: StackBlock['kind'] = 'text';
  for (const line of text.replace(/\s+$/, '').split(/\r?\n/)) {
    if (FRAME.test(line)) kind = LIBRARY.test(line) ? 'library' : 'app';
    // Source lines and carets belong to the frame above them.
    else if (!/^\s/.test(line)) kind = 'text';
    const last = blocks.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks;
}

export const framesIn = (block: StackBlock): number => block.lines.filter((line) => FRAME.test(line)).length;

/** Where to look first: the app's own frame nearest to the failure. Python writes it last, the others first. */
export function nearestAppFrame(text: string): string | undefined {
  const frames = foldStack(text)
    .filter((block) => block.kind === 'app')
    .flatMap((block) => block.lines.filter((line) => FRAME.test(line)));
  const line = /^\s*File "/m.test(text) ? frames.at(-1) : frames[0];
  return line?.trim().replace(/^at /, '');
}
