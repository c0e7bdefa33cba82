// Part of the tests: Go's package flag, form by form. The expectations are what Go 1.26 answers to the same words.
import { describe, expect, it } from 'vitest';
import { parseGoFlags } from '../../src/cli/xray-flags.ts';

const FLAGS = [
  { names: ['region', 'n'], kind: 'string' },
  { names: ['buffer-memory', 'm'], kind: 'int' },
  { names: ['local-mode', 'o'], kind: 'bool' },
] as const;

const read = (values: Readonly<Record<string, string>>, ignored: readonly string[] = []) => ({
  status: 'read',
  values: new Map(Object.entries(values)),
  ignored,
});
const wrong = (message: string) => ({ status: 'wrong', message });

const FORMS: readonly (readonly [string, readonly string[], ReturnType<typeof read | typeof wrong>])[] = [
  ['a value is the next word', ['-n', 'a'], read({ region: 'a' })],
  ['or behind the equals sign', ['-n=a'], read({ region: 'a' })],
  ['which may hold another one', ['-n=a=b'], read({ region: 'a=b' })],
  [
    'one dash or two, long or short',
    ['--n', 'a', '-local-mode'],
    read({ region: 'a', 'local-mode': 'true' }),
  ],
  ['a value may look like a flag', ['-n', '-o'], read({ region: '-o' })],
  ['a value may be empty', ['-n='], read({ region: '' })],
  ['the last one wins, whatever its name', ['-n', 'a', '--region=b'], read({ region: 'b' })],
  ['a switch takes no word', ['-o', 'false'], read({ 'local-mode': 'true' }, ['false'])],
  ['but a value behind the sign', ['-o=F'], read({ 'local-mode': 'false' })],
  [
    'a word that is no flag ends them',
    ['-o', 'xray', '-n', 'a'],
    read({ 'local-mode': 'true' }, ['xray', '-n', 'a']),
  ],
  ['so do two dashes', ['--', '-n', 'a'], read({}, ['-n', 'a'])],
  ['a lone dash is a word', ['-', '-n'], read({}, ['-', '-n'])],
  ['numbers in every base of Go', ['-m=0x10'], read({ 'buffer-memory': '16' })],
  ['with a leading zero for eight', ['-m', '010'], read({ 'buffer-memory': '8' })],
  ['and underscores', ['-m', '1_0'], read({ 'buffer-memory': '10' })],
  ['and signs', ['-m', '-3'], read({ 'buffer-memory': '-3' })],
  ['short flags do not bundle', ['-on'], wrong('flag provided but not defined: -on')],
  [
    'a flag and its value in one word are another flag',
    ['-n a'],
    wrong('flag provided but not defined: -n a'),
  ],
  ['an unknown one has one dash in the complaint', ['--x=1'], wrong('flag provided but not defined: -x')],
  ['three dashes are no flag', ['---n'], wrong('bad flag syntax: ---n')],
  ['nor is a sign first', ['-=n'], wrong('bad flag syntax: -=n')],
  ['a value is needed', ['-o', '-n'], wrong('flag needs an argument: -n')],
  ['a number is needed', ['-m', 'a"'], wrong('invalid value "a\\"" for flag -m: parse error')],
  [
    'of 64 bits',
    ['-m', '9223372036854775808'],
    wrong('invalid value "9223372036854775808" for flag -m: value out of range'),
  ],
  ['a switch is true or false', ['-o=maybe'], wrong('invalid boolean value "maybe" for -o: parse error')],
];

describe(parseGoFlags, () => {
  it.each(FORMS)('%s', (_, args, expected) => {
    expect(parseGoFlags(args, FLAGS)).toEqual(expected);
  });

  it.each(['-h', '--h', '-help', '--help=1'])('%s asks for help, even before something wrong', (flag) => {
    expect(parseGoFlags(['-o', flag, '-x'], FLAGS)).toEqual({ status: 'help' });
  });
});
