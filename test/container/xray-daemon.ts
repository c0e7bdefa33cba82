// Part of the tests: the image in the place of the X-Ray daemon's, in what people wrote for that one.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { afterEach, expect, it } from 'vitest';
import type { Status } from '../../src/admin/status.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { SANDBOX_AWS_CREDENTIAL } from '../../src/sandbox/settings.ts';
import { eventually } from '../support/app.ts';
import type { Engine } from './engine.ts';
import { freePorts } from './project.ts';

const { accessKeyId, secretAccessKey } = SANDBOX_AWS_CREDENTIAL;
const STARTED_WITHIN_MS = 60_000;

/** The service as the AWS Cloud Project Bootcamp has it, and an AWS that costs nothing. */
const compose = (image: string, udpPort: number) => `services:
  xray-daemon:
    image: "${image}"
    environment:
      AWS_ACCESS_KEY_ID: "${accessKeyId}"
      AWS_SECRET_ACCESS_KEY: "${secretAccessKey}"
      AWS_REGION: "us-east-1"
      AWS_ENDPOINT_URL_XRAY: "http://sandbox:4320"
    command:
      - "xray -o -b xray-daemon:2000"
    ports:
      - "127.0.0.1:${udpPort}:2000/udp"
  sandbox:
    image: "${image}"
    command: [sandbox, --host, 0.0.0.0, --port, "4320"]
`;

/** What an SDK does that has AWS_XRAY_DAEMON_ADDRESS=xray-daemon:2000: asks for the rules, sends a segment. */
const SDK = `
const hex = (bytes) => require('node:crypto').randomBytes(bytes).toString('hex');
const now = Date.now() / 1000;
const segment = { name: 'backend-flask', id: hex(8), trace_id: '1-' + Math.floor(now).toString(16) + '-' + hex(12), start_time: now - 1, end_time: now };
(async () => {
  const answer = await fetch('http://xray-daemon:2000/GetSamplingRules', { method: 'POST', body: '{}' });
  const rules = (await answer.json()).SamplingRuleRecords.map(({ SamplingRule }) => SamplingRule.RuleName);
  const socket = require('node:dgram').createSocket('udp4');
  socket.send('{"format":"json","version":1}\\n' + JSON.stringify(segment), 2000, 'xray-daemon', () => socket.close());
  process.stdout.write(JSON.stringify({ status: answer.status, rules }));
})();`;

export function inPlaceOfTheXRayDaemon(engine: Engine, image: () => Promise<string>): void {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'sidecast-xray-'));
    cleanups.push(() => rm(path, { recursive: true, force: true }));
    return path;
  }
  /** Without a network: nothing here may need one. */
  async function started(options: readonly string[], args: readonly string[]): Promise<string> {
    const id = await engine.docker(['run', '-d', '--network', 'none', ...options, await image(), ...args]);
    cleanups.push(() => engine.docker(['rm', '-f', '-v', id]));
    return id;
  }
  const ranToItsEnd = async (options: readonly string[], args: readonly string[]) =>
    engine.docker(['run', '--rm', '--network', 'none', ...options, await image(), ...args]);
  /** Standard output only: that is where the daemon writes. */
  const logOf = (id: string) => engine.docker(['logs', id]);
  const logged = (id: string, text: string) =>
    eventually(
      () => logOf(id),
      (log) => log.includes(text),
      STARTED_WITHIN_MS,
    );
  const statusOf = async (id: string) => {
    const script =
      "fetch('http://127.0.0.1:4319/status').then((a) => a.text()).then((t) => process.stdout.write(t))";
    return JSON.parse(await engine.docker(['exec', id, 'node', '-e', script])) as Status;
  };

  it('starts from the one-word command of a compose file in which only the image was changed, and delivers', async () => {
    const file = join(await folder(), 'docker-compose.yml');
    const [udpPort = 0] = await freePorts(1);
    await writeFile(file, compose(await image(), udpPort));
    const run = (...args: readonly string[]) =>
      engine.compose(['-p', `sidecast-xray-${pid}`, '-f', file, ...args]);
    cleanups.push(() => run('down', '-v', '--remove-orphans'));
    await run('up', '-d');
    const [daemon, sandbox] = [await run('ps', '-q', 'xray-daemon'), await run('ps', '-q', 'sandbox')];
    await logged(daemon, 'Starting proxy http server on 0.0.0.0:2000');
    await logged(daemon, 'Using region: us-east-1');

    const said = JSON.parse(await engine.docker(['exec', sandbox, 'node', '-e', SDK])) as unknown;

    expect(said).toEqual({ status: 200, rules: expect.arrayContaining(['Default']) });
    const log = await logged(daemon, 'Successfully sent batch of 1 segments (');
    for (const line of log.split('\n')) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S+ \[\w+\] /);
    const counts =
      "fetch('http://127.0.0.1:4320/_sandbox/counts').then((a) => a.text()).then((t) => process.stdout.write(t))";
    const arrived = JSON.parse(await engine.docker(['exec', sandbox, 'node', '-e', counts])) as ReturnType<
      Sandbox['counts']
    >;
    expect(arrived['aws-xray'].uniqueItems).toBe(1);
    const { listening } = await statusOf(daemon);
    expect([listening.xrayUdp, listening.xrayTcp]).toEqual([
      expect.arrayContaining(['0.0.0.0:2000']),
      expect.arrayContaining(['0.0.0.0:2000']),
    ]);
    expect(await engine.docker(['inspect', '-f', '{{.State.Running}}', daemon])).toBe('true');
    await run('stop', 'xray-daemon');
    expect(await engine.docker(['inspect', '-f', '{{.State.ExitCode}}', daemon])).toBe('0');
    expect(await logOf(daemon)).toContain('[Info] Got shutdown signal: terminated');
  });

  it('has the daemon’s paths, version and exit codes', async () => {
    const version = /^AWS X-Ray daemon version: 3\.\d+\.\d+\+sidecast\.\S+$/;

    expect(await ranToItsEnd([], ['-v'])).toMatch(version);
    expect(await ranToItsEnd(['--entrypoint', '/xray'], ['--version'])).toMatch(version);
    expect(await ranToItsEnd(['--entrypoint', '/usr/bin/xray'], ['-v'])).toMatch(version);
    expect(await ranToItsEnd([], ['--help'])).toMatch(/^Usage: X-Ray \[options\]\n/);
    await expect(ranToItsEnd([], ['-n us-west-2'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('flag provided but not defined: -n us-west-2'),
    });
    await expect(ranToItsEnd([], ['-c', '/none.yaml'])).rejects.toMatchObject({ code: 1 });
  });

  it.each([
    ['1337', '/root/.aws'],
    ['10001', '/home/xray/.aws'],
    ['10001', '/root/.aws'],
  ])('finds profiles as uid %s in %s, on a file system that is read-only', async (uid, home) => {
    const aws = await folder();
    await chmod(aws, 0o755);
    await writeFile(join(aws, 'config'), '[default]\nregion = eu-south-1\n', { mode: 0o644 });
    await writeFile(
      join(aws, 'credentials'),
      `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
      { mode: 0o644 },
    );

    const id = await started(['--user', uid, '--read-only', '-v', `${aws}:${home}:ro`], ['-o']);

    await logged(id, 'Using region: eu-south-1');
    const log = await logged(id, 'Starting proxy http server on 0.0.0.0:2000');
    expect(log).not.toContain('Unable to retrieve credentials');
    expect(await engine.docker(['exec', id, 'node', '-p', 'process.getuid()'])).toBe(uid);
    expect((await statusOf(id)).journal.mode).toBe('disk');
  });

  it('keeps its ports open whatever a file in /etc says about addresses, as the daemon’s image does', async () => {
    const dir = await folder();
    await chmod(dir, 0o755);
    const file = join(dir, 'cfg.yaml');
    await writeFile(file, 'Version: 2\nRegion: eu-north-1\nSocket:\n  UDPAddress: "127.0.0.1:2000"\n', {
      mode: 0o644,
    });

    const id = await started(['-v', `${file}:/etc/amazon/xray/cfg.yaml:ro`], []);

    await logged(id, 'Using region: eu-north-1');
    await logged(id, 'Starting proxy http server on 0.0.0.0:2000');
    expect((await statusOf(id)).listening.xrayUdp).toContain('0.0.0.0:2000');
  });
}
