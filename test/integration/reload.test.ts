// Part of the tests: SIGHUP at the real process: rules of the YAML file take effect, the rest waits, and nonsense changes nothing.
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../support/app.ts';
import { certificateFor } from '../support/certificate.ts';
import { temporaryDir } from '../support/records.ts';
import { startSidecast } from '../support/sidecast.ts';

it('reads its file again', async () => {
  const dir = await temporaryDir();
  const sandbox = await startSandbox();
  const file = join(dir.path, 'sidecast.yaml');
  await writeFile(file, 'routing: all\n');
  const sidecast = await startSidecast({
    ...sandboxSettings(sandbox.url),
    SIDECAST_CONFIG: file,
    SIDECAST_ROUTING: '',
  });
  onTestFinished(async () => {
    await sidecast.stop();
    await sandbox.close();
    await dir.remove();
  });
  const lines = (event: string) =>
    sidecast.logs.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));

  await writeFile(file, 'routing: otpl\n');
  sidecast.signal('SIGHUP');
  const [invalid] = await eventually(
    () => lines('config_invalid'),
    (found) => found.length > 0,
  );
  await writeFile(file, 'routing: otlp\njournal:\n  max_bytes: 2GiB\n');
  sidecast.signal('SIGHUP');
  const [reloaded] = await eventually(
    () => lines('config_reloaded'),
    (found) => found.length > 0,
  );
  await sendSegment(sidecast.xrayPort);

  expect(invalid.problems).toEqual([
    `SIDECAST_ROUTING=otpl (${file}:1 routing): expected one of: native, otlp, all. For example routing: native.`,
  ]);
  expect(reloaded).toMatchObject({
    inForce: { SIDECAST_ROUTING: 'otlp' },
    needRestart: ['SIDECAST_JOURNAL_MAX_BYTES'],
  });
  const { destinations } = await eventually(
    () => sidecast.status(),
    (status) => status.receivers['aws-xray'].accepted.segments === 1,
  );
  expect(destinations['aws-xray'].reasons.skipped).toEqual({ routing: 1 });
});

function sendSegment(port: number): Promise<void> {
  const now = Date.now() / 1000;
  const traceId = `1-${Math.floor(now).toString(16)}-0123456789abcdef01234567`;
  const segment = {
    trace_id: traceId,
    id: '0123456789abcdef',
    name: 'app',
    start_time: now - 1,
    end_time: now,
  };
  const datagram = `{"format":"json","version":1}\n${JSON.stringify(segment)}`;
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.send(datagram, port, '127.0.0.1', (error) => {
      socket.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

it('shows a renewed certificate', async () => {
  const dir = await temporaryDir();
  const [certFile, keyFile] = [join(dir.path, 'tls.crt'), join(dir.path, 'tls.key')];
  const renew = async () => {
    const { cert, key } = certificateFor('localhost');
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    return new X509Certificate(cert).fingerprint256;
  };
  const first = await renew();
  const sidecast = await startSidecast({ SIDECAST_TLS_CERT_FILE: certFile, SIDECAST_TLS_KEY_FILE: keyFile });
  onTestFinished(async () => {
    await sidecast.stop();
    await dir.remove();
  });
  const shown = async () => {
    const socket = connect({ host: '127.0.0.1', port: sidecast.otlpPort, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
    socket.destroy();
    return fingerprint;
  };

  const before = await shown();
  const second = await renew();
  sidecast.signal('SIGHUP');
  await eventually(shown, (fingerprint) => fingerprint === second);

  expect(before).toBe(first);
});
