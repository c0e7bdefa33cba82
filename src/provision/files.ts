// Part of provision: a folder of JSON files, each with one input of the AWS CLI or a list of them, judged without asking AWS.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { asJsonObject, JsonError, type JsonFile, parseJson } from '../config/json.ts';
import { nearestName, type Problem } from '../config/problems.ts';
import { groups } from './groups.ts';
import type { Input, Kind } from './kind.ts';
import { logGroups } from './log-groups.ts';
import { samplingRules } from './sampling-rules.ts';

/** In the order in which they are made. */
export const KINDS: readonly Kind[] = [samplingRules, groups, logGroups];

export interface Wanted {
  kind: Kind;
  name: string;
  input: Input;
}

export interface ReadFiles {
  wanted: readonly Wanted[];
  /** All that is wrong, in all files. */
  problems: readonly Problem[];
}

/** `path`: a folder, of which the .json files count, or one file. */
export async function readFiles(path: string): Promise<ReadFiles> {
  let paths: readonly string[];
  try {
    paths = await findFiles(path);
  } catch (error) {
    return { wanted: [], problems: [unreadable(path, error)] };
  }
  if (paths.length === 0) {
    const fix = 'Put create-sampling-rule, create-group or create-log-group inputs there.';
    const problem = { option: 'FOLDER', source: 'typed', value: path, message: 'has no .json file', fix };
    return { wanted: [], problems: [problem] };
  }
  const read = await Promise.all(paths.map(readOne));
  const wanted = read.flatMap((file) => file.wanted);
  return { wanted, problems: [...read.flatMap((file) => file.problems), ...askedTwice(wanted)] };
}

async function findFiles(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .toSorted()
    .map((name) => join(path, name));
}

async function readOne(path: string): Promise<ReadFiles> {
  const file = basename(path);
  try {
    return judge(parseJson(await readFile(path, 'utf8')), file);
  } catch (error) {
    if (!(error instanceof JsonError)) return { wanted: [], problems: [unreadable(path, error)] };
    const message = `is not JSON: ${error.message}`;
    const problem = { option: file, source: `${file}:${error.line}`, value: '', message };
    return { wanted: [], problems: [{ ...problem, fix: 'Mend the file.' }] };
  }
}

function judge(json: JsonFile, file: string): ReadFiles {
  const repeated = json.repeated.map(({ name, line }): Problem => {
    const problem = { option: name, source: `${file}:${line}`, value: '', message: 'is there twice' };
    return { ...problem, fix: 'Keep one of them.' };
  });
  const isList = Array.isArray(json.value);
  const values: readonly unknown[] = isList ? (json.value as unknown[]) : [json.value];
  const read = values.map((value, index) => judgeInput(value, json, file, isList ? [index] : []));
  return {
    wanted: read.flatMap(({ wanted }) => wanted),
    problems: [...repeated, ...read.flatMap(({ problems }) => problems)],
  };
}

function judgeInput(value: unknown, json: JsonFile, file: string, path: readonly number[]): ReadFiles {
  const at = (...members: readonly string[]) => `${file}:${json.lineOf([...path, ...members])}`;
  const object = asJsonObject(value);
  const marked = KINDS.filter(({ mark }) => object && Object.hasOwn(object, mark));
  const [kind] = marked;
  if (!object || !kind || marked.length > 1) return { wanted: [], problems: [unknownInput(object, at())] };
  const input = { value: object, at };
  const problems = kind.check(input);
  return problems.length > 0
    ? { wanted: [], problems }
    : { wanted: [{ kind, name: kind.nameOf(object), input }], problems: [] };
}

function unknownInput(object: object | undefined, source: string): Problem {
  const marks = KINDS.map(({ mark }) => mark);
  const nearest = Object.keys(object ?? {})
    .map((name) => nearestName(name, marks))
    .find((name) => name !== undefined);
  return {
    option: 'input',
    source,
    value: '',
    message: `expected an object with one of ${marks.join(', ')}`,
    fix: 'See aws xray create-sampling-rule --generate-cli-skeleton.',
    ...(nearest ? { nearest } : {}),
  };
}

function askedTwice(wanted: readonly Wanted[]): Problem[] {
  return wanted.flatMap(({ kind, name, input }, index) => {
    const first = wanted.findIndex((other) => other.kind === kind && other.name === name);
    if (first === index) return [];
    const message = `the ${kind.title} is in ${wanted[first]?.input.at()} too`;
    const problem = { option: kind.mark, source: input.at(), value: name, message };
    return [{ ...problem, fix: 'Rename one of them.' }];
  });
}

function unreadable(path: string, error: unknown): Problem {
  const message = `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  const fix = 'Name a file or folder that this user may read.';
  return { option: 'FOLDER', source: 'typed', value: path, message, fix };
}
