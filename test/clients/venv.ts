// Part of the tests: a Python with packages, those of the sample backend if no others are asked for. Made once, made again when their
// versions change.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const VENV = join(import.meta.dirname, '.venv');
const VERSIONS = join(import.meta.dirname, '..', '..', 'docker', 'sample-backend', 'versions.txt');
/** The first time, packages are fetched. */
const TIMEOUT_MS = 300_000;

const run = promisify(execFile);

/** The path of its interpreter. Throws, with what python or pip said, when it cannot be made. */
export async function python(venv = VENV, versions = VERSIONS): Promise<string> {
  const interpreter = join(venv, 'bin', 'python');
  const mark = join(venv, 'versions.sha256');
  const wanted = createHash('sha256')
    .update(await readFile(versions))
    .digest('hex');
  const made = await readFile(mark, 'utf8').catch(() => '');
  if (made === wanted) return interpreter;
  await rm(venv, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', venv], { timeout: TIMEOUT_MS });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', versions];
  await run(interpreter, install, { timeout: TIMEOUT_MS });
  await writeFile(mark, wanted);
  return interpreter;
}
