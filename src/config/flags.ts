// Part of config: the options among the words of a command line.
import { flagOf, type Option } from './option.ts';
import { nearestName, type Problem } from './problems.ts';
import type { Typed } from './typed.ts';

/** By variable. `--otlp-port 0` and `--otlp-port=0` alike; the last one counts. */
export function readFlags(
  flags: readonly string[],
  all: readonly Option<unknown>[],
  problems: Problem[],
): Map<string, Typed> {
  const known = new Map(all.map((option) => [flagOf(option), option]));
  const found = new Map<string, Typed>();
  for (let i = 0; i < flags.length; i++) {
    const [name = '', ...inline] = (flags[i] ?? '').split('=');
    const problem = { option: name, source: 'flag', value: '' };
    const option = known.get(name);
    if (!option) {
      const nearest = nearestName(name, known.keys());
      const fix = 'See sidecast --help.';
      problems.push({ ...problem, message: 'unknown flag', fix, ...(nearest ? { nearest } : {}) });
      // What follows a misspelt flag is its value, not another mistake.
      if (inline.length === 0 && name.startsWith('-') && !flags[i + 1]?.startsWith('-')) i++;
      continue;
    }
    const value = inline.length > 0 ? inline.join('=') : flags[++i];
    if (value === undefined)
      problems.push({ ...problem, message: 'needs a value', fix: `Type ${name} VALUE.` });
    else
      found.set(option.env, {
        value,
        source: `flag ${name}`,
        place: 'flag',
        origin: { remedy: (what) => `Give ${name} ${what}, and start sidecast again.` },
      });
  }
  return found;
}
