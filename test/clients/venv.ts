// Part of the tests: a Python with the SDKs of the sample backend. Made once, made again when their versions change.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VENV = join(import.meta.dirname, '.venv');
const MARK = join(VENV, 'versions.sha256');
const VERSIONS = join(import.meta.dirname, '..', '..', 'docker', 'sample-backend', 'versions.txt');
/** The first time, packages are fetched. */
const TIMEOUT_MS = 300_000;

const run = promisify(execFile);

/** The path of its interpreter. Throws, with what python or pip said, when it cannot be made. */
export async function python(): Promise<string> {
  const interpreter = join(VENV, 'bin', 'python');
  const wanted = createHash('sha256')
    .update(await readFile(VERSIONS))
    .digest('hex');
  const made = await readFile(MARK, 'utf8').catch(() => '');
  if (made === wanted) return interpreter;
  await rm(VENV, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', VENV], { timeout: TIMEOUT_MS });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', VERSIONS];
  await run(interpreter, install, { timeout: TIMEOUT_MS });
  await writeFile(MARK, wanted);
  return interpreter;
}
