// Part of the tests: what a shell offers for what is typed, asked of the shell itself.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Shell = 'bash' | 'zsh' | 'fish';
/** `script` is what `sidecast completion` printed; the last of `words` is the one to be completed. */
export type Completer = (script: string, words: readonly string[]) => readonly string[];

const TIMEOUT_MS = 15_000;

export function isHere(shell: Shell): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${shell}`]);
    return true;
  } catch {
    return false;
  }
}

export const COMPLETERS: Readonly<Record<Shell, Completer>> = {
  bash(script, words) {
    const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sidecast; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf(run('bash', ['--norc', '-c', `${script}\n${ask}`, '-', ...words]));
  },
  fish: (script, words) =>
    withFiles({ completion: `${script}\ncomplete -C '${words.join(' ')}'` }, ({ completion }) =>
      // Behind each word is its description.
      linesOf(run('fish', ['--no-config', completion])).map((line) => line.split('\t', 1)[0] ?? ''),
    ),
  zsh: (script, words) =>
    withFiles({ completion: script, inside: ZSH_INSIDE, hits: '' }, ({ completion, inside, hits }) => {
      run('zsh', ['-f', '-c', ZSH_TYPIST, 'zsh', inside, completion, hits, words.join(' ')]);
      return linesOf(readFileSync(hits, 'utf8'));
    }),
};

/** zsh completes in its line editor only, so somebody types at a terminal: the words and a tab. */
const ZSH_TYPIST = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "source \${(q)1} \${(q)2} \${(q)3}"
zpty -r z ready '*is ready*'
zpty -w -n z "$4"$'\\t'
while zpty -r z rest 2>/dev/null; do :; done`;
/** Writes down what is offered, and ends after the first completion. A call with -O, -A or -D offers nothing, it asks. */
const ZSH_INSIDE = `
PROMPT=
autoload -U compinit && compinit -u -D
source $1
hits=$2
bindkey '^I' complete-word
compadd() {
  if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
    typeset -a offered
    builtin compadd -O offered "$@"
    (( $#offered )) && print -rl -- $offered >> $hits
  fi
  builtin compadd "$@"
}
comppostfuncs=(bye)
bye() { exit 0 }
print "is"" ready"`;

const run = (program: string, args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8', timeout: TIMEOUT_MS });

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

/** Files of these names and texts, while `use` runs with their paths. */
function withFiles<Name extends string, T>(
  texts: Readonly<Record<Name, string>>,
  use: (paths: Readonly<Record<Name, string>>) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'sidecast-shell-'));
  try {
    const entries = Object.entries<string>(texts).map(([name, text]) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return [name, path] as const;
    });
    return use(Object.fromEntries(entries) as Record<Name, string>);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
