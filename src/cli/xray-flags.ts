// Part of cli: a command line as Go's package flag reads it (go.dev/pkg/flag), with its words for what is wrong.

export type GoKind = 'string' | 'int' | 'bool';

/** A flag has several names; values are kept under the first. */
export interface GoFlag {
  names: readonly string[];
  kind: GoKind;
}

export type GoCommandLine =
  | { status: 'read'; values: ReadonlyMap<string, string>; ignored: readonly string[] }
  /** -h or -help, which nobody declares. */
  | { status: 'help' }
  | { status: 'wrong'; message: string };

/** Numbers come out in decimal, switches as `true` and `false`. The last one of a flag wins. */
export function parseGoFlags(args: readonly string[], flags: readonly GoFlag[]): GoCommandLine {
  const values = new Map<string, string>();
  const rest = [...args];
  for (let arg = rest[0]; arg !== undefined && isFlag(arg); arg = rest[0]) {
    rest.shift();
    if (arg === '--') break;
    const [, name = '', inline] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === '') return wrong(`bad flag syntax: ${arg}`);
    const flag = flags.find(({ names }) => names.includes(name));
    if (!flag) {
      return name === 'h' || name === 'help'
        ? { status: 'help' }
        : wrong(`flag provided but not defined: -${name}`);
    }
    // A switch never takes the next word.
    const text = inline ?? (flag.kind === 'bool' ? 'true' : rest.shift());
    if (text === undefined) return wrong(`flag needs an argument: -${name}`);
    const { value, trouble } = READERS[flag.kind](text);
    if (value === undefined) {
      const what = flag.kind === 'bool' ? 'invalid boolean value' : 'invalid value';
      const where = flag.kind === 'bool' ? `-${name}` : `flag -${name}`;
      return wrong(`${what} ${JSON.stringify(text)} for ${where}: ${trouble}`);
    }
    values.set(flag.names[0] ?? name, value);
  }
  return { status: 'read', values, ignored: rest };
}

/** A lone dash, like anything else that does not start with one, ends the flags. */
const isFlag = (arg: string) => arg.length > 1 && arg.startsWith('-');
const wrong = (message: string): GoCommandLine => ({ status: 'wrong', message });

interface Read {
  value?: string;
  trouble?: string;
}

/** strconv.ParseBool. */
const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

const READERS: Readonly<Record<GoKind, (text: string) => Read>> = {
  string: (value) => ({ value }),
  bool(text) {
    if (TRUE.includes(text)) return { value: 'true' };
    return FALSE.includes(text) ? { value: 'false' } : { trouble: 'parse error' };
  },
  int: readInt,
};

/** strconv.ParseInt with base 0: 0x, 0o, 0b, a leading zero for octal, underscores between digits. */
const INTEGER = /^([+-]?)(0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?\d)*)$/;
const MAX_INT64 = 2n ** 63n - 1n;

function readInt(text: string): Read {
  const [, sign, digits = ''] = INTEGER.exec(text) ?? [];
  if (digits === '') return { trouble: 'parse error' };
  const plain = digits.replaceAll('_', '').replace(/^0(?=\d)/, '0o');
  const value = BigInt(plain) * (sign === '-' ? -1n : 1n);
  const isInRange = value <= MAX_INT64 && value >= -MAX_INT64 - 1n;
  return isInRange ? { value: String(value) } : { trouble: 'value out of range' };
}
