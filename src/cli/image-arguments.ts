// Part of cli: what the image's arguments mean: a command of ours, the X-Ray daemon's command line, or nothing.
import { optionGroups } from '../app/options.ts';
import { loadConfig, processSources } from '../config/load.ts';
import { flagOf } from '../config/option.ts';
import { GO_FLAGS } from './xray-settings.ts';

/** The daemon's image binds these before whatever it is told, so that its file cannot narrow them. */
const XRAY = ['xray', '-t', ':2000', '-b', ':2000'] as const;

/** `xray -o …` as words of its own, as one word, or with the path that the daemon has in its image. */
const XRAY_WORD = /^(\/usr\/bin\/|\/)?xray(\s|$)/;

/** Set by the image itself, or shared with the X-Ray daemon: they do not tell what somebody wants. */
const SAYS_NOTHING = /^(SIDECAST_(HOST|DATA_DIR)|(AWS|ECS)_.*)$/;

/** Returns what main understands: a command and its flags. */
export function imageArguments(args: readonly string[], sources = processSources([])): readonly string[] {
  const [first] = args;
  if (first === undefined) return isConfigured(sources) ? ['run'] : XRAY;
  if (XRAY_WORD.test(first) || first.trim() === '') return [...XRAY, ...args];
  return first.startsWith('-') && !isOurs(first) ? [...XRAY, ...args] : args;
}

/** Flags that both have are the daemon's: `run` before them makes them ours. */
function isOurs(flag: string): boolean {
  const [name = ''] = flag.split('=');
  const isDaemons = GO_FLAGS.some(({ names }) => names.includes(name.replace(/^--?/, '')));
  if (isDaemons || /^--?h(elp)?$/.test(name)) return false;
  return Object.values(optionGroups).some((group) =>
    Object.values(group).some((option) => flagOf(option) === name),
  );
}

/** Nothing typed and nothing set but what the daemon reads as well: its image was exchanged for ours. */
function isConfigured(sources: ReturnType<typeof processSources>): boolean {
  return loadConfig(optionGroups, sources).effective.some(
    ({ option, source }) => source !== 'default' && !SAYS_NOTHING.test(option.env),
  );
}
