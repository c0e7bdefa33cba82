// Part of the tests: every secret of the settings, and vendors and a proxy that say back all that they were sent: nothing that the program
// writes, answers or keeps holds one.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Status } from '../../src/admin/status.ts';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { eventually } from '../support/app.ts';
import { type } from '../support/cli.ts';
import { formsOf } from '../support/secret-forms.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';

const SUPPORT = join(import.meta.dirname, '..', 'support');

/** What has a `_FILE` as well. The vendors' have the shapes that they give them. */
const SECRETS = {
  HONEYCOMB_API_KEY: `hcaik_${'honeycombmarker9'.repeat(3)}0123456789`,
  ROLLBAR_ACCESS_TOKEN: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  SIDECAST_ADMIN_TOKEN: 'admin-token-marker-0123456789',
  SIDECAST_INGEST_TOKEN: 'ingest-token-marker-0123456789',
  SIDECAST_REDACT_HASH_KEY: 'hash-key-marker-0123456789abcdef',
  SIDECAST_KAFKA_PASSWORD: 'kafka-password-marker-0123456789',
};
const AWS = {
  AWS_SECRET_ACCESS_KEY: 'aws/secret/access/key/marker/0123456789a',
  AWS_SESSION_TOKEN: 'aws//session+token+marker/0123456789ab==',
};
const PROXY_PASSWORD = 'proxy-password-marker';
const ALL: readonly string[] = [...Object.values({ ...SECRETS, ...AWS }), PROXY_PASSWORD];
const { SIDECAST_ADMIN_TOKEN, SIDECAST_INGEST_TOKEN } = SECRETS;

let sidecast: Sidecast | undefined;
let vendors: Server | undefined;
let files: string | undefined;

afterEach(async () => {
  await sidecast?.stop();
  vendors?.close();
  vendors?.closeAllConnections();
  if (files) rmSync(files, { recursive: true });
});

/** All vendors, and the proxy before them. */
async function startVendors(status: () => number): Promise<number> {
  vendors = createServer(async (request, response) => {
    for await (const _ of request);
    response.writeHead(status(), { 'content-type': 'application/json', 'x-said': 'so' });
    response.end(echoOf(request, status()));
  });
  vendors.listen(0, '127.0.0.1');
  await once(vendors, 'listening');
  return (vendors.address() as AddressInfo).port;
}

/** In the forms of all vendors at once; as AWS does of a signature that does not match, with the headers that were signed. */
function echoOf({ url, headers }: IncomingMessage, status: number): string {
  const message = `refused ${url}: ${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}`;
  return JSON.stringify({
    err: 1,
    message,
    error: message,
    __type: status === 403 ? 'SignatureDoesNotMatch' : 'ValidationException',
    headers,
  });
}

function settingsFor(how: string, proxyPort: number): Record<string, string> {
  const settings: Record<string, string> = {
    HONEYCOMB_API_ENDPOINT: 'http://honeycomb.test',
    ROLLBAR_ENDPOINT: 'http://rollbar.test/api/1/item/',
    AWS_ENDPOINT_URL_XRAY: 'http://xray.test',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'http://logs.test',
    AWS_REGION: 'us-east-1',
    CLOUDWATCH_LOG_GROUP: 'group',
    SIDECAST_PROXY: `http://jane:${PROXY_PASSWORD}@127.0.0.1:${proxyPort}`,
    SIDECAST_LOG_LEVEL: 'trace',
    SIDECAST_SHUTDOWN_TIMEOUT: '1s',
  };
  if (how === 'variables')
    return { ...settings, ...SECRETS, ...AWS, AWS_ACCESS_KEY_ID: 'AKIAMARKER0000000000' };
  files = mkdtempSync(join(tmpdir(), 'sidecast-secrets-'));
  for (const [name, value] of Object.entries(SECRETS)) {
    settings[`${name}_FILE`] = join(files, name);
    writeFileSync(join(files, name), `${value}\n`, { mode: 0o600 });
  }
  settings['AWS_SHARED_CREDENTIALS_FILE'] = join(files, 'credentials');
  const credentials = [
    '[default]',
    'aws_access_key_id = AKIAMARKER0000000000',
    `aws_secret_access_key = ${AWS.AWS_SECRET_ACCESS_KEY}`,
    `aws_session_token = ${AWS.AWS_SESSION_TOKEN}`,
  ];
  writeFileSync(join(files, 'credentials'), credentials.join('\n'), { mode: 0o600 });
  return settings;
}

const CAPTURES = join(import.meta.dirname, '..', 'fixtures', 'captures', 'python-otel');
async function send(): Promise<void> {
  for (const [signal, file] of [
    ['traces', '02-traces-batch-2-errors.bin'],
    ['traces', '04-traces-small.bin'],
  ]) {
    const answer = await fetch(`${sidecast?.otlpUrl}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', authorization: `Bearer ${SIDECAST_INGEST_TOKEN}` },
      body: readFileSync(join(CAPTURES, file ?? '')),
    });
    expect(answer.status).toBe(200);
  }
}

async function ask(path: string, method = 'GET'): Promise<string> {
  const headers = { authorization: `Bearer ${SIDECAST_ADMIN_TOKEN}`, 'x-sidecast': '1' };
  return (await fetch(`${sidecast?.adminUrl}${path}`, { method, headers })).text();
}

const whenAll = (holds: (destination: Status['destinations'][keyof Status['destinations']]) => boolean) =>
  eventually(
    async () => JSON.parse(await ask('/status')) as Status,
    ({ destinations }) => DESTINATION_IDS.every((id) => holds(destinations[id])),
  );

function onDisk(): [path: string, text: string][] {
  return readdirSync(sidecast?.dataDir ?? '', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, readFileSync(path, 'latin1')]);
}

describe.each(['variables', 'files'])('secrets of settings that are %s', (how) => {
  it('are in nothing that comes out, whatever vendors say back', async () => {
    let status = 403;
    const proxyPort = await startVendors(() => status);
    const settings = settingsFor(how, proxyPort);
    sidecast = await startSidecast(settings, { preload: join(SUPPORT, 'bug.mjs') });
    const said: [what: string, text: string][] = [];
    const read = async (when: string) => {
      for (const path of [
        '/',
        '/status',
        '/metrics',
        '/api/pipeline',
        '/api/dead-letters?newest=50&full=1',
        '/api/traces',
      ])
        said.push([`${path}, ${when}`, await ask(path)]);
    };

    await send();
    await whenAll(({ state }) => state === 'blocked' || state === 'retrying');
    await read('blocked');
    said.push(['/api/doctor', await ask('/api/doctor?wait=1s', 'POST')]);
    const typed = {
      ...settings,
      SIDECAST_ADMIN_PORT: new URL(sidecast.adminUrl).port,
      SIDECAST_DATA_DIR: sidecast.dataDir,
    };
    for (const words of [
      'doctor --wait 1s',
      'print-config',
      'print-config --json',
      'validate',
      'doctor --offline --standalone',
      'run',
    ])
      said.push([words, (await type(words.split(' '), typed)).said]);
    for (const typo of ['HONEYCOMB_API_KEI', 'SIDECAST_ADMIN_TOKENS', 'SIDECAST_PROXI'])
      said.push([
        typo,
        (await type(['validate'], { ...typed, [typo]: `http://a:${PROXY_PASSWORD}@b/` })).said,
      ]);
    said.push([
      'a bad proxy',
      (await type(['validate'], { SIDECAST_PROXY: `ftp://a:${PROXY_PASSWORD}@b` })).said,
    ]);
    const flag = `--honeycomb-api-kei=${SECRETS.HONEYCOMB_API_KEY}`;
    said.push(['a misspelt flag', (await type(['validate', flag], typed)).said]);

    status = 400;
    await sidecast.kill('SIGTERM');
    await sidecast.restart();
    await whenAll(({ counts }) => counts.rejected > 0);
    await read('rejected');
    said.push(['dead-letters', (await type(['dead-letters', '--show', '50'], typed)).said]);
    await sidecast.tell({ kind: 'exception', text: ALL.join(' ') });
    expect(await sidecast.ended()).toMatchObject({ code: 1 });
    said.push(['the log', sidecast.logs.join('\n')], ...onDisk());

    expect(said.find(([what]) => what.endsWith('.jsonl'))?.[1]).toContain('refused');
    expect(sidecast.logs.join('\n')).toContain('a bug ended the process');
    const leaks = said.flatMap(([what, text]) =>
      ALL.flatMap((secret) => formsOf(secret, text).map((form) => `${what}: ${secret} ${form}`)),
    );
    expect(leaks).toEqual([]);
  });
});
