// Part of the tests: `sidecast dead-letters` and `sidecast replay`, as a person types them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeadLetterList } from '../../src/admin/api/dead-letters.ts';
import { deadLetters } from '../../src/cli/dead-letters.ts';
import { commandHelp } from '../../src/cli/help.ts';
import { replay } from '../../src/cli/replay.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { listLetters, makeLetter } from '../support/letters.ts';
import { temporaryDir } from '../support/records.ts';
import { type as typeCommand } from '../support/typed.ts';

let sandbox: Sandbox;
let dir: Awaited<ReturnType<typeof temporaryDir>>;
let app: TestApp;

beforeEach(async () => {
  sandbox = await startSandbox();
  dir = await temporaryDir();
  app = await startTestApp({ ...settingsOf(sandbox), SIDECAST_SHUTDOWN_TIMEOUT: '400ms' }, dir.path);
});
afterEach(async () => {
  await app.shutdown('test');
  await sandbox.close();
  await dir.remove();
});

const type = (command: typeof replay, flags: readonly string[], signal?: Promise<string>) =>
  typeCommand(command, ['--host', '127.0.0.1', '--admin-port', new URL(app.adminUrl).port, ...flags], signal);

describe('sidecast dead-letters', () => {
  it('asks the running sidecast and says so', async () => {
    await makeLetter(app, sandbox);

    const { code, out, err } = await type(deadLetters, []);

    expect(code).toBe(0);
    expect(out).toMatch(
      /^destination +reason +letters +suspect +replayed +oldest +newest\nHoneycomb +vendor_rejected +1 +0 +0 /,
    );
    expect(err).toContain(`by the sidecast at ${app.adminUrl}`);
    expect(err).toContain('sidecast replay');
  });

  it('reads the files when no sidecast runs, and says why', async () => {
    await makeLetter(app, sandbox);
    await app.shutdown('test');

    const { code, out, err } = await type(deadLetters, ['--data-dir', dir.path]);

    expect(code).toBe(0);
    expect(out).toContain('vendor_rejected');
    expect(err).toContain(`Read from ${join(dir.path, 'dead-letters')}, by its files`);
  });

  it('shows the newest in full', async () => {
    await makeLetter(app, sandbox);

    const { out } = await type(deadLetters, ['--show', '1']);

    expect(out).toContain('"name": "query 2"');
  });

  it('is one object with --json', async () => {
    await makeLetter(app, sandbox);

    const { out } = await type(deadLetters, ['--json', '--destination=honeycomb']);

    expect(JSON.parse(out) as DeadLetterList).toMatchObject({ groups: [{ letters: 1 }], unreadable: 0 });
  });

  it('says that there are none', async () => {
    const { code, out } = await type(deadLetters, []);

    expect(code).toBe(0);
    expect(out).toBe('There are no such dead letters.');
  });

  it('ends with 1 when there is nobody to ask and nothing to read', async () => {
    await app.shutdown('test');

    const { code, err } = await type(deadLetters, ['--data-dir', join(dir.path, 'missing')]);

    expect(code).toBe(1);
    expect(err).toContain('ENOENT');
    expect(err).toContain('--data-dir');
  });

  it.each([
    [['--destinaton', 'rollbar'], '--destination'],
    [['--destination', 'rolbar'], 'rollbar'],
    [['--admin-prt', '1'], '--admin-port'],
    [['--show'], 'needs a value'],
    [['--show', 'all'], 'whole number'],
    [['--json=yes'], 'takes no value'],
    [['--max-age', 'long'], 'duration'],
    [['honeycomb'], 'unknown option'],
  ])('ends with 2 at %j', async (flags, said) => {
    const { code, out, err } = await type(deadLetters, flags);

    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(said);
  });
});

describe('sidecast replay', () => {
  it('says what became of each letter, and the sum', async () => {
    await makeLetter(app, sandbox);
    sandbox.setFault('honeycomb', { kind: 'none' });

    const { code, out } = await type(replay, []);

    expect(code).toBe(0);
    expect(out).toMatch(/^delivered +Honeycomb +\d+:2\ndestination +letters +delivered\nHoneycomb +1 +1$/);
    const second = await type(replay, []);
    expect(second.code).toBe(0);
    expect(second.out).toMatch(/^left +Honeycomb +\d+:2 +it was replayed before; --again/);
  });

  it('ends with 1 when a letter is rejected again, and names the new one', async () => {
    await makeLetter(app, sandbox);

    const { code, out } = await type(replay, []);

    expect(code).toBe(1);
    expect(out).toMatch(/^rejected +Honeycomb +\d+:2 +vendor_rejected, now dead letter \d+:0\n/);
  });

  it('says why letters wait, and ends with 0: they are in the journal', async () => {
    await makeLetter(app, sandbox);
    sandbox.setFault('honeycomb', { kind: 'status', status: 401 });

    const { code, out, err } = await type(replay, []);

    expect(code).toBe(0);
    expect(out).toMatch(/^queued +Honeycomb +\d+:2 .*HONEYCOMB_API_KEY/);
    expect(err).toContain('In the journal, waiting: 1 for Honeycomb.');
  });

  it('takes a file', async () => {
    await makeLetter(app, sandbox);
    const [letter] = (await listLetters(app, 'full=true')).newest;
    const file = join(dir.path, 'letters.jsonl');
    await writeFile(file, `${JSON.stringify(letter)}\n`);
    sandbox.setFault('honeycomb', { kind: 'none' });

    const { code, out } = await type(replay, ['--file', file, '--json']);

    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => JSON.parse(line) as { event: string });
    expect(lines.map(({ event }) => event)).toEqual(['letter', 'sum']);
  });

  it('stops waiting at a signal: what was sent stays in the journal', async () => {
    await makeLetter(app, sandbox);
    sandbox.setFault('honeycomb', { kind: 'hang' });
    let interrupt: (signal: string) => void = () => undefined;
    const signal = new Promise<string>((resolve) => {
      interrupt = resolve;
    });
    const typed = type(replay, ['--wait', '1h'], signal);
    while (sandbox.waiting('honeycomb') === 0) await new Promise((resolve) => setImmediate(resolve));
    interrupt('SIGINT');

    const { code, err } = await typed;

    expect(code).toBe(1);
    expect(err).toContain('what was sent is marked and in the journal');
  });

  it.each([
    [['--file', '/nowhere/letters.jsonl'], 2, 'cannot be read (ENOENT)'],
    [['--wait', 'soon'], 2, 'duration'],
    [['--agian'], 2, '--again'],
    [['--admin-port', '1'], 1, 'nothing was sent: no sidecast answers'],
  ])('at %j ends with %i', async (flags, expected, said) => {
    const { code, err } = await type(replay, flags);

    expect(code).toBe(expected);
    expect(err).toContain(said);
  });
});

describe('help', () => {
  it('says what each takes', () => {
    expect(commandHelp('dead-letters')).toContain('--since TIME');
    expect(commandHelp('replay')).toContain('--dry-run');
  });
});
