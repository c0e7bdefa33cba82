// Part of the tests: `sidecast doctor` against the sandbox. The text in each test is what a person reads.
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Finding } from '../../src/admin/api/doctor.ts';
import { doctor } from '../../src/cli/doctor.ts';
import {
  SANDBOX_AWS_CREDENTIAL,
  type Sandbox,
  type SandboxCredentials,
  sandboxSettings,
  startSandbox,
} from '../../src/sandbox/index.ts';
import { startTestApp } from '../support/app.ts';
import { certificateFor } from '../support/certificate.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { temporaryDir } from '../support/records.ts';
import { stubSettings, type } from '../support/typed.ts';

let home: Awaited<ReturnType<typeof temporaryDir>>;
beforeEach(async () => {
  home = await temporaryDir();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await home.remove();
});

const HONEYCOMB = ['HONEYCOMB_API_KEY', 'HONEYCOMB_API_ENDPOINT'];
const ROLLBAR = ['ROLLBAR_ACCESS_TOKEN', 'ROLLBAR_ENDPOINT'];
const AWS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
const XRAY = [...AWS, 'AWS_REGION', 'AWS_ENDPOINT_URL_XRAY'];
const LOGS = [...AWS, 'AWS_REGION', 'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', 'CLOUDWATCH_LOG_GROUP'];

async function vendors(credentials?: SandboxCredentials): Promise<Sandbox> {
  const sandbox = await startSandbox(credentials ? { credentials } : {});
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** Only what these destinations need; a port where nobody answers, so that it starts a pipeline of its own. */
function settings(
  sandbox: Sandbox,
  names: readonly string[],
  more: Readonly<Record<string, string>> = {},
): void {
  const all = sandboxSettings(sandbox.url);
  const chosen = Object.fromEntries(names.map((name) => [name, all[name] ?? '']));
  const usual = { HOME: home.path, SIDECAST_ADMIN_PORT: '1', SIDECAST_XRAY: 'off' };
  stubSettings({
    ...usual,
    ...chosen,
    ...(names.includes('AWS_ENDPOINT_URL_XRAY') ? { SIDECAST_XRAY: 'auto' } : {}),
    ...more,
  });
}

/** What is printed below a title, without what differs between runs. */
function below(title: string, out: string): string[] {
  const lines = out.split('\n');
  const from = lines.indexOf(title) + 1;
  const to = lines.findIndex((line, index) => index >= from && !line.startsWith(' '));
  return lines.slice(from, to).map((line) =>
    line
      .trim()
      .replace(/ {2,}/g, '  ')
      .replace(/127\.0\.0\.1:\d+/g, 'HOST')
      .replace(/\d+ ms/, 'N ms'),
  );
}

/** Of a pipeline that was started for this, whose journal ends with it. */
const HELD = (name: string) =>
  `data:  nothing of yours is concerned: a sidecast that runs keeps what is for ${name} for 7 days at most`;
const NOT_SENT = 'skip  test trace  not sent there: ask again when the above is mended';

describe('a key, a region or a permission that is wrong', () => {
  it('Honeycomb: a wrong key', async () => {
    settings(await vendors({ honeycombKeys: ['another'] }), HONEYCOMB);

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('Honeycomb', out)).toEqual([
      'ok  connection  HOST: TCP in N ms',
      'FAIL  identity  Honeycomb does not know the key',
      HELD('Honeycomb'),
      'fix:  Set HONEYCOMB_API_KEY to an ingest key of this region, and start sidecast again.',
      NOT_SENT,
    ]);
    expect(out).not.toContain(sandboxSettings('')['HONEYCOMB_API_KEY']);
  });

  it('Honeycomb: a Classic key without a dataset', async () => {
    settings(await vendors(), HONEYCOMB, { HONEYCOMB_API_KEY: '0123456789abcdef0123456789abcdef' });

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('Honeycomb', out)).toEqual([
      'ok  connection  HOST: TCP in N ms',
      'ok  identity  team sandbox, Classic, configuration key',
      'FAIL  dataset  a Classic key sends spans and metrics to a dataset, and none is named',
      HELD('Honeycomb'),
      'fix:  Set HONEYCOMB_DATASET, or use a key of an environment.',
      NOT_SENT,
    ]);
  });

  it('Honeycomb: the same key with a dataset', async () => {
    const classic = { HONEYCOMB_API_KEY: '0123456789abcdef0123456789abcdef', HONEYCOMB_DATASET: 'cruddur' };
    settings(await vendors(), HONEYCOMB, classic);

    expect(await type(doctor)).toMatchObject({ code: 0 });
  });

  it('X-Ray: no region', async () => {
    settings(await vendors(), XRAY, { AWS_REGION: '', SIDECAST_XRAY: 'on' });

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('AWS X-Ray', out)).toEqual([
      'FAIL  identity  no AWS region is known (neither variable, file, profile nor metadata name one)',
      HELD('AWS X-Ray'),
      'fix:  Set AWS_REGION.',
      NOT_SENT,
    ]);
  });

  it('X-Ray: no region, and so off', async () => {
    settings(await vendors(), XRAY, { AWS_REGION: '' });

    const { code, out } = await type(doctor);

    expect(code).toBe(0);
    expect(below('AWS X-Ray', out)).toEqual([
      'skip  state  off: no AWS region is set',
      'data:  nothing is kept for it',
      'fix:  Set AWS_REGION, or SIDECAST_XRAY=on where EC2 metadata or the AWS profile has one.',
    ]);
  });

  it('X-Ray: expired credentials', async () => {
    settings(await vendors({ aws: [{ ...SANDBOX_AWS_CREDENTIAL, isExpired: true }] }), XRAY);

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('AWS X-Ray', out)).toEqual([
      'ok  connection  HOST: TCP in N ms',
      'ok  identity  access key …0000, region us-east-1',
      'ok  credentials  from variables; STS does not say the account',
      'FAIL  permission  AWS refuses the credentials (403 ExpiredTokenException The security token included in the request is expired)',
      HELD('AWS X-Ray'),
      'fix:  Renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and start sidecast again.',
      NOT_SENT,
    ]);
  });

  it('CloudWatch Logs: no credentials', async () => {
    settings(await vendors(), LOGS, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('CloudWatch Logs', out)[1]).toMatch(
      /^FAIL {2}identity {2}no AWS credentials were found: [^:]+$/,
    );
  });

  it('CloudWatch Logs: a missing permission', async () => {
    const sandbox = await vendors();
    sandbox.setFault('aws-cloudwatch-logs', { kind: 'status', status: 403 });
    settings(sandbox, LOGS);

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('CloudWatch Logs', out)).toEqual([
      'ok  connection  HOST: TCP in N ms',
      'ok  identity  access key …0000, region us-east-1',
      'ok  credentials  from variables, account 000000000000',
      'FAIL  permission  the credentials may not write to the log group (403 AccessDeniedException Not authorized to perform this action.)',
      HELD('CloudWatch Logs'),
      'fix:  Allow logs:PutLogEvents, logs:CreateLogStream and logs:CreateLogGroup on CLOUDWATCH_LOG_GROUP.',
      NOT_SENT,
    ]);
  });

  it('Rollbar: a token without the scope', async () => {
    settings(await vendors({ rollbarTokens: ['another'] }), ROLLBAR);

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('Rollbar', out)).toEqual([
      'ok  connection  HOST: TCP in N ms',
      'FAIL  permission  the Rollbar token may not send items (403: invalid access token)',
      HELD('Rollbar'),
      'fix:  Set ROLLBAR_ACCESS_TOKEN to a token with the scope post_server_item, and start sidecast again.',
      NOT_SENT,
    ]);
  });
});

describe('a host that is not reached', () => {
  it('refuses connections', async () => {
    settings(await vendors(), HONEYCOMB, { HONEYCOMB_API_ENDPOINT: 'http://127.0.0.1:1' });

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('Honeycomb', out)).toEqual([
      'FAIL  connection  no connection to HOST (ECONNREFUSED)',
      HELD('Honeycomb'),
      'fix:  Check that this host may reach it, or set HTTPS_PROXY.',
      NOT_SENT,
    ]);
  });

  it('has no address', async () => {
    settings(await vendors(), ROLLBAR, { ROLLBAR_ENDPOINT: 'http://nowhere.invalid' });

    const { out } = await type(doctor);

    expect(below('Rollbar', out).slice(0, 3)).toEqual([
      expect.stringMatching(
        /^FAIL {2}connection {2}the name nowhere\.invalid cannot be resolved \((ENOTFOUND|EAI_AGAIN)\)$/,
      ),
      HELD('Rollbar'),
      'fix:  Check the name of the endpoint and the DNS of this host; where only a proxy leads out, set HTTPS_PROXY.',
    ]);
  });

  it('needs a proxy, and is reached through it', async () => {
    const sandbox = await vendors();
    const name = 'xray.test.invalid';
    const front = createServer(certificateFor(name), (request, response) => {
      response.socket?.pause();
      request.resume();
    });
    // What comes out of TLS goes on to the sandbox as it is.
    front.on('secureConnection', (socket) => {
      const inner = connect(sandbox.port, '127.0.0.1');
      socket.pipe(inner).pipe(socket);
      inner.on('error', () => socket.destroy());
      socket.on('error', () => inner.destroy());
    });
    front.removeAllListeners('request');
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    const proxy = await startConnectProxy((front.address() as AddressInfo).port);
    onTestFinished(async () => {
      await proxy.close();
      front.close();
    });
    const endpoint = { AWS_ENDPOINT_URL_XRAY: `https://${name}`, SIDECAST_XRAY_VERIFY_TLS: 'off' };

    settings(sandbox, XRAY, endpoint);
    const direct = await type(doctor, ['--no-send']);
    settings(sandbox, XRAY, { ...endpoint, HTTPS_PROXY: proxy.url });
    const proxied = await type(doctor, ['--no-send']);

    expect(direct.code).toBe(1);
    expect(below('AWS X-Ray', direct.out)[0]).toMatch(
      /^FAIL {2}connection {2}the name xray\.test\.invalid cannot be resolved/,
    );
    expect(below('AWS X-Ray', proxied.out)[0]).toMatch(
      /^ok {2}connection {2}xray\.test\.invalid: through the proxy HOST, TCP in N ms, TLSv1\.3, certificate valid until \d{4}-\d\d-\d\d$/,
    );
    expect(proxy.tunnels).toContain(`${name}:443`);
  });

  it('is a proxy that makes no tunnels', async () => {
    const sandbox = await vendors();
    // The sandbox answers CONNECT as it answers anything that it does not know.
    settings(sandbox, HONEYCOMB, {
      HONEYCOMB_API_ENDPOINT: 'https://api.test.invalid',
      HTTPS_PROXY: sandbox.url,
    });

    const { out } = await type(doctor, ['--no-send']);

    expect(below('Honeycomb', out)[0]).toMatch(
      /^FAIL {2}connection {2}the proxy did not connect to api\.test\.invalid/,
    );
    expect(below('Honeycomb', out)[2]).toBe('fix:  Check HTTPS_PROXY and NO_PROXY.');
  });
});

describe('the sidecast that runs', () => {
  it('is asked: what it received, and a trace through it until the ledger says delivered', async () => {
    const sandbox = await vendors();
    const all = sandboxSettings(sandbox.url);
    stubSettings({ ...all, HOME: home.path });
    const app = await startTestApp(all);
    onTestFinished(() => app.shutdown('test'));
    stubSettings({ ...all, HOME: home.path, SIDECAST_ADMIN_PORT: new URL(app.adminUrl).port });

    const first = await type(doctor);
    const second = await type(doctor);

    expect(first.code).toBe(0);
    expect(below('Receivers', first.out)[0]).toBe(
      'warn  otlp  listening on HOST; nothing received since the start',
    );
    for (const name of ['Honeycomb', 'AWS X-Ray', 'CloudWatch Logs', 'Rollbar'])
      expect(below(name, first.out).find((line) => line.includes('test trace'))).toMatch(
        /^ok {2}test trace {2}trace [0-9a-f]{32} delivered in N ms$/,
      );
    expect(first.out).toContain('see:');
    expect(below('Receivers', second.out)[0]).toMatch(
      /listening on HOST; last item \d+ s ago from sidecast-doctor$/,
    );
    expect(sandbox.counts().rollbar.uniqueItems).toBe(2);
    const { destinations } = await app.status();
    expect(destinations.honeycomb.counts).toMatchObject({ accepted: 2, delivered: 2 });
  });

  it('sends nothing with --no-send, asks nobody with --offline, and speaks JSON', async () => {
    const sandbox = await vendors();
    const all = sandboxSettings(sandbox.url);
    stubSettings({ ...all, HOME: home.path });
    const app = await startTestApp(all);
    onTestFinished(() => app.shutdown('test'));
    stubSettings({ ...all, HOME: home.path, SIDECAST_ADMIN_PORT: new URL(app.adminUrl).port });
    const before = JSON.stringify(sandbox.counts());

    const offline = await type(doctor, ['--offline', '--json']);
    expect(JSON.stringify(sandbox.counts())).toBe(before);
    const { code, out } = await type(doctor, ['--no-send', '--json']);

    const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] };
    expect([code, ok]).toEqual([0, true]);
    expect(findings.filter(({ step }) => step === 'test trace')).toEqual([]);
    expect(findings).toContainEqual({
      about: 'rollbar',
      step: 'permission',
      status: 'ok',
      what: 'may send items',
    });
    expect(JSON.parse(offline.out)).toMatchObject({ ok: true });
    expect(sandbox.counts().honeycomb.items).toBe(0);
  });

  it('says where the test trace is when a destination does not take it in time', async () => {
    const sandbox = await vendors();
    const all = sandboxSettings(sandbox.url);
    stubSettings({ ...all, HOME: home.path });
    const app = await startTestApp(all);
    onTestFinished(() => app.shutdown('test'));
    stubSettings({ ...all, HOME: home.path, SIDECAST_ADMIN_PORT: new URL(app.adminUrl).port });
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });

    const { code, out } = await type(doctor, ['--wait', '3s']);

    expect(code).toBe(1);
    const lines = below('Honeycomb', out);
    expect(lines.find((line) => line.startsWith('FAIL'))).toMatch(
      /^FAIL {2}test trace {2}not delivered yet: Honeycomb answers with a server error/,
    );
    expect(lines.find((line) => line.startsWith('data:'))).toMatch(
      /^data: {2}nothing is lost: .* \(1 item now\)$/,
    );
    expect(below('Rollbar', out).at(-1)).toMatch(/delivered in N ms$/);
  });
});

describe('without one that runs', () => {
  it('says so, and what to do', async () => {
    settings(await vendors(), HONEYCOMB);

    const { code, out } = await type(doctor, ['--no-send']);

    expect(code).toBe(0);
    expect(below('Receivers', out)).toEqual([
      'warn  running  no sidecast answers at http://HOST; the rest is looked at with one that is started for this',
      'data:  what a backend sends to this host now is not received',
      'fix:  Start it (sidecast run), or name its port with --admin-port.',
    ]);
  });

  it('has all problems of the configuration, and doubts', async () => {
    settings(await vendors(), HONEYCOMB, { SIDECAST_MAX_AGE: 'old', ROLLBAR_TOKEN: 'x' });

    const { code, out } = await type(doctor);

    expect(code).toBe(1);
    expect(below('Configuration', out)).toEqual([
      'FAIL  SIDECAST_MAX_AGE  expected a duration with its unit, such as 250ms, 8s, 5m, 24h or 7d (variable SIDECAST_MAX_AGE)',
      'data:  sidecast does not start with it, so nothing is received',
      'fix:  For example SIDECAST_MAX_AGE=7d.',
      'warn  ROLLBAR_TOKEN  unknown variable (environment); did you mean ROLLBAR_ACCESS_TOKEN?',
      'data:  it has no effect',
      'fix:  If it is meant for sidecast, name it ROLLBAR_ACCESS_TOKEN.',
    ]);
  });
});
