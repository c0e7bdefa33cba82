// Part of cli: what the command line of the X-Ray daemon asks for: a text, a refusal, or our options to run with.
import { readFileSync } from 'node:fs';
import type { Preset } from '../config/load.ts';
import { DEFAULT_FILES, readXRayFile, trouble, XRayFileError } from './xray-file.ts';
import { parseGoFlags } from './xray-flags.ts';
import {
  GO_FLAGS,
  isLogLevel,
  MIN_BUFFER_MB,
  SETTINGS,
  type SettingName,
  type XRaySetting,
  xrayUsage,
} from './xray-settings.ts';

export type XRayCommand =
  | { do: 'print'; stdout: string; stderr?: string; exitCode: 0 | 2 }
  /** Exit code 1. Where the daemon has no log yet, it writes to standard error. */
  | { do: 'refuse'; message: string; to: 'stderr' | 'log'; preset: Presets }
  /** `notices`: what was read otherwise than somebody may have meant. */
  | { do: 'run'; preset: Presets; notices: readonly string[] };

/** Our variables. */
export type Presets = Readonly<Record<string, Preset>>;

/** The release whose command line, file and answers these are. */
const DAEMON_VERSION = '3.7.0';
/** One word that compares as the daemon's own (semver.org, build metadata). */
export const daemonVersion = (ours: string) => `${DAEMON_VERSION}+sidecast.${ours}`;

/** Beside the daemon's own text, for whoever looks for more. */
const MORE_HELP = "this is the X-Ray daemon's command line; the command help tells of all others.";

type ReadFile = (path: string) => string;
type Settings = ReadonlyMap<SettingName, Preset>;

export function readXRayCommand(
  args: readonly string[],
  version: string,
  readFile: ReadFile = (path) => readFileSync(path, 'utf8'),
): XRayCommand {
  const line = parseGoFlags(args, GO_FLAGS);
  if (line.status === 'help')
    return { do: 'print', stdout: xrayUsage(), stderr: `sidecast ${version}: ${MORE_HELP}`, exitCode: 0 };
  if (line.status === 'wrong') return { do: 'print', stderr: line.message, stdout: xrayUsage(), exitCode: 2 };
  const flags = namedFlags(line.values);
  if (flags.get('version')?.value === 'true')
    return { do: 'print', stdout: `AWS X-Ray daemon version: ${daemonVersion(version)}`, exitCode: 0 };

  const notices: string[] = [];
  if (line.ignored.length > 0) {
    const words = line.ignored.map((word) => JSON.stringify(word)).join(' ');
    notices.push(`Ignored, as the X-Ray daemon does: ${words}. Flags end at the first word that is none`);
  }
  const level = flags.get('logLevel');
  if (level && !isLogLevel(level.value)) {
    notices.push(`Ignored: -l ${level.value} is no log level`);
    flags.delete('logLevel');
  }
  let file: Settings;
  try {
    file = settingsOfFile(flags.get('config')?.value ?? '', readFile, notices);
  } catch (error) {
    if (!(error instanceof XRayFileError)) throw error;
    return { do: 'refuse', message: error.message, to: 'stderr', preset: presetsOf(flags) };
  }
  const settings = new Map([...file, ...flags]);
  const preset = presetsOf(settings);
  const megabytes = Number(settings.get('bufferMemory')?.value ?? 0);
  if (megabytes > 0 && megabytes < MIN_BUFFER_MB) {
    const message = `Not enough Buffers Memory Allocated. Min Buffers Memory required: ${MIN_BUFFER_MB} MB.`;
    return { do: 'refuse', message, to: 'log', preset };
  }
  return { do: 'run', preset, notices };
}

function namedFlags(values: ReadonlyMap<string, string>): Map<SettingName, Preset> {
  const found = new Map<SettingName, Preset>();
  for (const [name, { names }] of Object.entries(SETTINGS) as [SettingName, XRaySetting][]) {
    const value = names && values.get(names[0]);
    if (names && value !== undefined) found.set(name, { value, source: `flag -${names[1]}` });
  }
  return found;
}

function settingsOfFile(named: string, readFile: ReadFile, notices: string[]): Settings {
  const source =
    named === '' ? firstDefault(readFile, notices) : { path: named, text: open(named, readFile) };
  if (!source) return new Map();
  const values = readXRayFile(source.text, named !== '');
  return new Map(
    [...values].map(([name, value]) => [name, { value, source: `${source.path}: ${keyOf(name)}` }]),
  );
}

const keyOf = (name: SettingName): string => (SETTINGS[name] as XRaySetting).yaml ?? name;

function open(path: string, readFile: ReadFile): string {
  try {
    return readFile(path);
  } catch (error) {
    throw trouble(inGo(error, path));
  }
}

/** Nobody asked for a default file, so that one which cannot be opened stops nothing (aws-xray-daemon issues 27 and 28). */
function firstDefault(readFile: ReadFile, notices: string[]): { path: string; text: string } | undefined {
  for (const path of DEFAULT_FILES) {
    try {
      return { path, text: readFile(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      notices.push(`Ignored: ${inGo(error, path)}`);
      return undefined;
    }
  }
  return undefined;
}

function inGo(error: unknown, path: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `open ${path}: no such file or directory`;
  if (code === 'EACCES') return `open ${path}: permission denied`;
  if (code === 'EISDIR') return `read ${path}: is a directory`;
  return message;
}

/** An empty value is as good as none: the environment and our defaults decide. */
function presetsOf(settings: Settings): Presets {
  const presets: Record<string, Preset> = {};
  for (const [name, { value, source }] of settings) {
    const { sets } = SETTINGS[name] as XRaySetting;
    if (value === '' || !sets) continue;
    for (const [variable, text] of Object.entries(sets(value))) presets[variable] = { value: text, source };
  }
  return presets;
}
