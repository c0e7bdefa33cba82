// Part of sampling: the file or folder of SIDECAST_SAMPLING_RULES, read again whenever it changes.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Problem } from '../config/problems.ts';
import type { Clock } from '../model/clock.ts';
import { RULES_OPTION } from './config.ts';
import { readRules } from './read-rules.ts';
import type { RuleRecord } from './rule.ts';

export interface RuleFilesOptions {
  path: string;
  clock: Clock;
  onRules(records: readonly RuleRecord[]): void;
  /** What was in force stays in force. */
  onProblems(problems: readonly Problem[]): void;
}

export interface RuleFiles {
  /** Reads them once, then looks every two seconds. Never rejects. */
  start(): Promise<void>;
  stop(): void;
}

/** By looking, because nobody tells of changes in bind mounts, network file systems and Kubernetes' config maps. */
const LOOK_EVERY_MS = 2000;
/** A rule has a few hundred bytes. */
const MAX_FILE_BYTES = 1024 * 1024;

interface Found {
  path: string;
  /** Other after a change of the content. */
  state: string;
  bytes: number;
  createdAtMs: number;
  modifiedAtMs: number;
}

export function createRuleFiles({ path, clock, onRules, onProblems }: RuleFilesOptions): RuleFiles {
  let seen: string | undefined;
  let isStopped = false;
  let cancelTimer = () => {};

  async function look(): Promise<void> {
    const found = await lookAt(path);
    if (found.state === seen) return;
    seen = found.state;
    const { records, problems } = await readAll(found);
    if (isStopped) return;
    if (problems.length > 0) onProblems(problems);
    else onRules(records);
  }

  async function lookAndWait(): Promise<void> {
    await look();
    if (!isStopped) cancelTimer = clock.schedule(LOOK_EVERY_MS, () => void lookAndWait());
  }

  return {
    start: lookAndWait,
    stop() {
      isStopped = true;
      cancelTimer();
    },
  };
}

/** For whoever wants to know what is wrong before it is used. */
export async function checkRuleFiles(path: string): Promise<readonly Problem[]> {
  return (await readAll(await lookAt(path))).problems;
}

interface Look {
  files: readonly Found[];
  /** Other after a change of any of them. */
  state: string;
  problems: readonly Problem[];
}

async function lookAt(path: string): Promise<Look> {
  try {
    const files = await findFiles(path);
    const state = files.map((file) => `${file.path} ${file.state}`).join('\n');
    return { files, state, problems: files.length === 0 ? [aboutPath(path, 'has no .json file')] : [] };
  } catch (error) {
    const state = codeOf(error);
    return { files: [], state, problems: [aboutPath(path, `cannot be read (${state})`)] };
  }
}

async function readAll({ files, problems }: Look) {
  const read = await Promise.all(files.map(readOne));
  return {
    records: read.flatMap((file) => file.records),
    problems: [...problems, ...read.flatMap((file) => file.problems), ...namesTwice(read)],
  };
}

async function findFiles(path: string): Promise<readonly Found[]> {
  if (!(await stat(path)).isDirectory()) return [await statFile(path)];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  return Promise.all(names.toSorted().map((name) => statFile(join(path, name))));
}

async function statFile(path: string): Promise<Found> {
  const { ino, size, mtimeMs, birthtimeMs } = await stat(path);
  return {
    path,
    state: `${ino} ${size} ${mtimeMs}`,
    bytes: size,
    createdAtMs: birthtimeMs,
    modifiedAtMs: mtimeMs,
  };
}

interface ReadFile {
  records: readonly RuleRecord[];
  problems: readonly Problem[];
  file: string;
}

async function readOne({ path, bytes, createdAtMs, modifiedAtMs }: Found): Promise<ReadFile> {
  const file = basename(path);
  const broken = (message: string): ReadFile => ({ records: [], problems: [aboutPath(path, message)], file });
  if (bytes > MAX_FILE_BYTES) return broken(`is larger than ${MAX_FILE_BYTES} bytes`);
  try {
    const { rules, problems } = readRules(await readFile(path, 'utf8'), file);
    const [CreatedAt, ModifiedAt] = [secondsOf(createdAtMs), secondsOf(modifiedAtMs)];
    return {
      records: rules.map((SamplingRule) => ({ CreatedAt, ModifiedAt, SamplingRule })),
      problems,
      file,
    };
  } catch (error) {
    return broken(`cannot be read (${codeOf(error)})`);
  }
}

function namesTwice(read: readonly ReadFile[]): Problem[] {
  const files = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { records, file } of read) {
    for (const { SamplingRule } of records) {
      const { RuleName } = SamplingRule;
      const other = files.get(RuleName);
      files.set(RuleName, file);
      if (other === undefined) continue;
      const message = other === file ? 'is there twice' : `is in ${other} too`;
      problems.push({
        option: 'RuleName',
        source: file,
        value: RuleName,
        message,
        fix: 'Rename one of them.',
      });
    }
  }
  return problems;
}

const aboutPath = (path: string, message: string): Problem => ({
  option: RULES_OPTION,
  source: 'file',
  value: path,
  message,
  fix: 'Mount a file or folder that this user may read, or unset the variable.',
});

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

const secondsOf = (ms: number): number => Math.floor(ms / 1000);
