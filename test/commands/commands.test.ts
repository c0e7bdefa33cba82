// Part of the tests: what the README shows to contributors, as it is typed there: each measures something, at the smallest size that is one.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MEASURED, ROOT, WRITES_DOCUMENTS } from '../support/readme-commands.ts';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** A person's shell knows nothing of the tests that run here. */
const shell = Object.fromEntries(
  Object.entries(env).filter(
    ([name]) => !/^(?:VITEST|NODE_ENV$|TEST$|DEV$|PROD$|MODE$|SEED$|RESULTS$)/.test(name),
  ),
);

/** Standard output, without colours. Throws, with what it printed, when it ends with another code than 0. */
async function typed(command: string): Promise<string> {
  const options = { cwd: ROOT, env: { ...shell, NO_COLOR: '1' }, maxBuffer: MAX_OUTPUT_BYTES };
  const { stdout } = await promisify(execFile)('bash', ['-c', command], options).catch((error) => {
    throw new Error(`${command}: ${error.message}\n${error.stdout}`);
  });
  return stdout;
}

describe('a command of contributors', () => {
  it.each(Object.entries(MEASURED))('ends with 0 and prints what it found: %s', async (command, prints) => {
    expect(await typed(command)).toMatch(prints);
  });

  it(`writes what is there already: ${WRITES_DOCUMENTS}`, async () => {
    const documents = () =>
      ['README.md', '.env.example', 'SECURITY.md'].map((file) => readFileSync(join(ROOT, file), 'utf8'));
    const before = documents();

    expect(await typed(WRITES_DOCUMENTS)).toMatch(/Tests +\d+ passed/);
    expect(documents()).toEqual(before);
  });
});
