// Part of the tests: ports that speak TLS: who gets in, what the others are told, a renewed certificate, and the commands that ask the admin port.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { optionGroups } from '../../src/app/options.ts';
import { createTls } from '../../src/app/tls.ts';
import { adminPort, ask } from '../../src/cli/admin-port.ts';
import { deadLetters } from '../../src/cli/dead-letters.ts';
import { doctor } from '../../src/cli/doctor.ts';
import { health } from '../../src/cli/health.ts';
import { replay } from '../../src/cli/replay.ts';
import { tail } from '../../src/cli/tail.ts';
import { validate } from '../../src/cli/validate.ts';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/model/clock.ts';
import { eventually, startTestApp, type TestApp } from '../support/app.ts';
import { type Certificate, certificateFor } from '../support/certificate.ts';
import { temporaryDir } from '../support/records.ts';
import { stubSettings, type, typing } from '../support/typed.ts';

const NAME = 'sidecast.test';
const TOKEN = 'ingest-token';

let dir: Awaited<ReturnType<typeof temporaryDir>>;
let settings: Record<string, string>;
let certificate: Certificate;
let app: TestApp | undefined;

beforeEach(async () => {
  dir = await temporaryDir();
  settings = {
    SIDECAST_TLS_CERT_FILE: join(dir.path, 'tls.crt'),
    SIDECAST_TLS_KEY_FILE: join(dir.path, 'tls.key'),
  };
  certificate = renew();
  stubSettings({});
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await app?.shutdown('test');
  app = undefined;
  await dir.remove();
});

function renew(): Certificate {
  const made = certificateFor(NAME);
  writeFileSync(settings['SIDECAST_TLS_CERT_FILE'] ?? '', made.cert);
  writeFileSync(settings['SIDECAST_TLS_KEY_FILE'] ?? '', made.key);
  return made;
}

async function start(more: Record<string, string> = {}): Promise<TestApp> {
  app = await startTestApp({ ...settings, ...more });
  return app;
}

const portOf = (listener: 'otlp' | 'admin') => Number(app?.listening[listener][0]?.split(':').at(-1));

interface Trust {
  ca?: string;
  maxVersion?: 'TLSv1.1' | 'TLSv1.2';
}

async function handshake(listener: 'otlp' | 'admin', { ca = certificate.cert, ...more }: Trust = {}) {
  const socket = connect({
    host: '127.0.0.1',
    port: portOf(listener),
    servername: NAME,
    ca,
    ...(more.maxVersion ? { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0', ...more } : {}),
  });
  try {
    await once(socket, 'secureConnect');
    return { protocol: socket.getProtocol(), fingerprint: socket.getPeerX509Certificate()?.fingerprint256 };
  } finally {
    socket.destroy();
  }
}

async function sendSpan(headers: Record<string, string> = {}): Promise<IncomingMessage & { body: string }> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const outgoing = request({
    host: '127.0.0.1',
    port: portOf('otlp'),
    servername: NAME,
    ca: certificate.cert,
    method: 'POST',
    path: '/v1/traces',
    headers: { 'content-type': 'application/json', ...headers },
  });
  const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'over TLS' };
  const times = { startTimeUnixNano: `${now}`, endTimeUnixNano: `${now}` };
  outgoing.end(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, ...times }] }] }] }));
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return Object.assign(answer, { body: await text(answer) });
}

const linesOf = (event: string) => app?.logs.filter((line) => line['event'] === event) ?? [];

describe('a port with a certificate', () => {
  it('takes OTLP over TLS 1.3 and 1.2, and nothing older', async () => {
    await start();

    expect((await sendSpan()).statusCode).toBe(200);
    expect((await handshake('otlp')).protocol).toBe('TLSv1.3');
    expect((await handshake('admin', { maxVersion: 'TLSv1.2' })).protocol).toBe('TLSv1.2');
    await expect(handshake('otlp', { maxVersion: 'TLSv1.1' })).rejects.toThrow(
      /protocol version|no protocols/,
    );
    await expect(handshake('admin', { maxVersion: 'TLSv1.1' })).rejects.toThrow(
      /protocol version|no protocols/,
    );
  });

  it('asks for the ingest token as without TLS', async () => {
    await start({ SIDECAST_INGEST_TOKEN: TOKEN });

    const refused = await sendSpan();

    expect(refused.statusCode).toBe(401);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(JSON.parse(refused.body)).toMatchObject({ code: 16 });
    expect((await sendSpan({ authorization: `Bearer ${TOKEN}` })).statusCode).toBe(200);
  });

  it('tells in the log, once, what to do about clients that speak plain HTTP', async () => {
    await start();
    for (let times = 0; times < 2; times++) {
      const plain = requestPlain({ host: '127.0.0.1', port: portOf('otlp'), method: 'POST' });
      plain.end();
      await expect(once(plain, 'response')).rejects.toThrow();
    }

    expect((await sendSpan()).statusCode).toBe(200);
    expect(linesOf('tls_refused')).toMatchObject([
      { listener: 'otlp', code: 'ERR_SSL_HTTP_REQUEST', fix: expect.stringContaining('https://') },
    ]);
    expect((await app?.status())?.receivers.otlp.refused).toEqual({});
  });

  // Codes as Node has them when curl, OpenSSL and gRPC are the clients.
  it.each([
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'speaks no TLS'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'TLS 1.1'],
  ])('says what %s is about', (code, fix) => {
    const lines: unknown[] = [];
    const { values } = loadConfig(optionGroups, { env: settings });
    const tls = createTls(values.tls, systemClock, (_level, event, _msg, fields) =>
      lines.push([event, fields]),
    );

    tls.of('admin')?.onHandshakeFailed(code);

    expect(lines.at(-1)).toEqual([
      'tls_refused',
      { listener: 'admin', code, fix: expect.stringContaining(fix) },
    ]);
  });

  it('can be one of the two', async () => {
    await start({ SIDECAST_TLS_LISTENERS: 'otlp' });

    expect((await sendSpan()).statusCode).toBe(200);
    expect((await fetch(`${app?.adminUrl}/livez`)).status).toBe(200);
    expect(app?.listening.tls).toEqual(['otlp']);
  });

  it('shows a renewed certificate after SIGHUP, and keeps the old one when the new one is broken', async () => {
    const { renewCertificate } = await start();
    const before = await handshake('otlp');

    certificate = renew();
    renewCertificate();
    const after = [await handshake('otlp'), await handshake('admin')];
    writeFileSync(settings['SIDECAST_TLS_KEY_FILE'] ?? '', certificateFor(NAME).key);
    renewCertificate();
    const broken = await handshake('otlp');

    expect(new Set(after.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(after[0]?.fingerprint).not.toBe(before.fingerprint);
    expect(broken.fingerprint).toBe(after[0]?.fingerprint);
    expect(linesOf('tls_certificate').map(({ level }) => level)).toEqual(['warn', 'warn', 'error']);
    expect(JSON.stringify(linesOf('tls_certificate').at(-1))).toContain('does not belong to the key');
  });

  it('says at the start that a certificate ends soon', async () => {
    await start();

    expect(linesOf('tls_certificate')[0]).toMatchObject({
      level: 'warn',
      msg: 'the certificate of the ports expires soon',
      subject: `CN=${NAME}`,
    });
  });
});

describe('files that cannot be used', () => {
  it.each([
    [
      'the certificate alone',
      { SIDECAST_TLS_KEY_FILE: '' },
      'SIDECAST_TLS_KEY_FILE (TLS): certificate and key are needed',
    ],
    [
      'a file that is not there',
      { SIDECAST_TLS_CERT_FILE: '/nowhere/tls.crt' },
      '/nowhere/tls.crt (TLS): cannot be read (ENOENT)',
    ],
    ['no certificate', { SIDECAST_TLS_CERT_FILE: import.meta.filename }, 'is no certificate in PEM form'],
    ['no key', { SIDECAST_TLS_KEY_FILE: import.meta.filename }, 'its key is no private key in PEM form'],
  ])('%s: sidecast does not start, and validate says why', async (_what, wrong, message) => {
    await expect(start(wrong)).rejects.toThrow(message);

    stubSettings({ ...settings, ...wrong });
    const { code, out } = await type(validate);
    expect([code, out]).toEqual([1, expect.stringContaining(message)]);
  });

  it('never quotes the key', async () => {
    const key = 'SIDECAST_TLS_KEY_FILE';
    writeFileSync(settings[key] ?? '', readFileSync(settings[key] ?? '', 'utf8').replace('MIG', 'MIIG'));
    stubSettings(settings);

    const { out } = await type(validate);

    const [secret = ''] = certificate.key.split('\n').slice(1);
    expect(out).toContain('its key is no private key');
    expect(out).not.toContain(secret.slice(8, 24));
  });
});

describe('the commands that ask the admin port', () => {
  beforeEach(async () => {
    await start({ SIDECAST_ADMIN_TOKEN: TOKEN, SIDECAST_INGEST_TOKEN: TOKEN });
    stubSettings({
      ...settings,
      // Nothing to fall back on.
      SIDECAST_DATA_DIR: 'memory',
      SIDECAST_HOST: '127.0.0.1',
      SIDECAST_ADMIN_TOKEN: TOKEN,
      SIDECAST_ADMIN_PORT: String(portOf('admin')),
    });
  });

  it('find it', async () => {
    expect(await type(health)).toMatchObject({ code: 0, out: 'ready' });
    const examined = await type(doctor, ['--wait', '1s']);
    expect(examined.out).toContain('listening on 127.0.0.1');
    expect(examined.out).not.toContain('no sidecast answers');
    expect(examined.out).not.toContain('was not taken');
    expect(
      await eventually(app!.status, ({ receivers }) => receivers.otlp.accepted.spans === 1),
    ).toBeDefined();
    expect((await type(deadLetters)).out).toContain('There are no such dead letters.');
    expect((await type(replay, ['--dry-run'])).code).toBe(0);
  });

  it('follow it', async () => {
    const { out, err: said, ended, signal } = typing(tail);
    await eventually(
      () => said,
      (lines) => lines.length > 0,
    );
    await sendSpan({ authorization: `Bearer ${TOKEN}` });
    await eventually(
      () => out,
      (lines) => lines.join().includes('over TLS'),
    );
    signal('SIGINT');

    expect(await ended).toBe(0);
    expect(said[0]).toContain('https://127.0.0.1');
  });
});

describe('a command that asks over the network', () => {
  const NOWHERE = '127.0.0.1';
  /** Linux takes it for this machine, the command does not. */
  const portFor = (server: ReturnType<typeof createServer>) => {
    const { values } = loadConfig(optionGroups, { env: settings });
    const found = adminPort(values);
    found.url.hostname = '0.0.0.0';
    found.url.port = String((server.address() as AddressInfo).port);
    return found;
  };

  async function answering({ cert, key }: Certificate) {
    const server = createServer({ cert, key }, (socket: TLSSocket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    server.listen(0, NOWHERE);
    await once(server, 'listening');
    return server;
  }

  const question = { method: 'GET', path: 'status', query: new URLSearchParams() } as const;

  it('believes the certificate of the file, for whatever name it answers to', async () => {
    const server = await answering(certificate);

    const answer = await ask(portFor(server), question);

    expect((await buffer(answer)).toString()).toBe('ok');
    server.close();
  });

  it('believes no other one, and sends it nothing', async () => {
    const server = await answering(certificateFor(NAME));
    const seen: string[] = [];
    server.on('secureConnection', (socket) => socket.on('data', (data: Buffer) => seen.push(String(data))));

    await expect(ask(portFor(server), question)).rejects.toThrow(
      /no sidecast answers at https:.*SELF_SIGNED/,
    );
    expect(seen).toEqual([]);
    server.close();
  });
});
