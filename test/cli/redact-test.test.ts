import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redactTest } from '../../src/cli/redact-test.ts';
import { temporaryDir } from '../support/records.ts';
import { type } from '../support/typed.ts';

let folder: Awaited<ReturnType<typeof temporaryDir>>;
beforeEach(async () => {
  folder = await temporaryDir();
});
afterEach(() => folder.remove());

async function run(content: string | Uint8Array, flags: readonly string[] = []) {
  const path = join(folder.path, 'file');
  await writeFile(path, content);
  return runWith([path, ...flags]);
}

const runWith = (flags: readonly string[]) => type(redactTest, flags);

describe('sidecast redact-test', () => {
  it('shows what would leave of OTLP/JSON, and by which rules', async () => {
    const body = {
      resourceLogs: [
        { scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body: { stringValue: 'password=hunter2' } }] }] },
      ],
    };
    const { code, out, err } = await run(JSON.stringify(body));

    expect(JSON.parse(out).resourceLogs[0].scopeLogs[0].logRecords[0].body).toEqual({
      stringValue: 'password=*******',
    });
    expect([code, err]).toEqual([0, 'sidecast: replaced: secret_name 1']);
  });

  it('shows what would leave of an X-Ray document and of any text, with the options that are given', async () => {
    expect(
      (
        await run('{"format":"json","version":1}\n{"name":"a","annotations":{"iban":"DE89"}}', [
          '--redact-deny',
          'iban',
        ])
      ).out,
    ).toBe('{"name":"a","annotations":{"iban":"****"}}');
    expect(await run('nothing to see')).toEqual({
      code: 0,
      out: 'nothing to see',
      err: 'sidecast: nothing is replaced',
    });
  });

  it('says what is wrong with its arguments', async () => {
    expect(await runWith([])).toMatchObject({ code: 2, err: expect.stringContaining('no file is named') });
    expect(await runWith([join(folder.path, 'absent')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('ENOENT'),
    });
    expect(await run('x', ['--redact', 'maybe'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('SIDECAST_REDACT'),
    });
  });
});
