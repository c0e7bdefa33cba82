// Part of the tests: the sample backend after somebody took the X-Ray SDK out of it.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BACKEND } from './flask.ts';

/** The folder of its file. Routes that do nothing but show the X-Ray SDK go with it. */
export async function backendWithoutXRay(): Promise<string> {
  const source = await readFile(join(BACKEND, 'app.py'), 'utf8');
  const parts = source
    .replace(/, xray_recorder\.in_subsegment\([^)]*\)/g, '')
    .replace(/^(?:from aws_xray_sdk|xray_url|xray_recorder|XRayMiddleware).*\n/gm, '')
    .replace(/^if os\.getenv\("XRAY_PATCH"\):\n.*\n/m, '')
    .replace(/^# X-Ray\n/m, '')
    .split('\n\n\n')
    .filter((part) => !/^@app\.route[\s\S]*xray_recorder/.test(part));
  const folder = await mkdtemp(join(tmpdir(), 'sidecast-test-'));
  const [description = '', ...code] = parts.join('\n\n\n').split('\n');
  const left = code.join('\n');
  if (/xray/i.test(left)) throw new Error(`the X-Ray SDK is still in it:\n${left}`);
  await writeFile(join(folder, 'app.py'), `${description}\n${left}`);
  return folder;
}
