// Part of the tests: SIGHUP at the real process: rules of the YAML file take effect, the rest waits, and nonsense changes nothing.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../support/app.ts';
import { certificateFor } from '../support/certificate.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';
import { temporaryDir } from '../support/records.ts';
import { startSidecast } from '../support/sidecast.ts';

/** A process with this file, and what it logged of an event. */
async function startWith(yaml: string) {
  const dir = await temporaryDir();
  const sandbox = await startSandbox();
  const file = join(dir.path, 'sidecast.yaml');
  await writeFile(file, yaml);
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
  const hangUp = async (text: string, event: string) => {
    const before = lines(event).length;
    await writeFile(file, text);
    sidecast.signal('SIGHUP');
    const found = await eventually(
      () => lines(event),
      ({ length }) => length > before,
    );
    return found.at(-1);
  };
  return { file, sandbox, sidecast, hangUp };
}

it('reads its file again', async () => {
  const { file, sidecast, hangUp } = await startWith('routing: all\n');

  const invalid = await hangUp('routing: otpl\n', 'config_invalid');
  const reloaded = await hangUp('routing: otlp\njournal:\n  max_bytes: 2GiB\n', 'config_reloaded');
  await sendSegment(sidecast.xrayPort);

  expect(invalid.problems).toEqual([
    `SIDECAST_ROUTING=otpl (${file}:1 routing): expected one of: native, otlp, all. For example routing: native.`,
  ]);
  expect(reloaded).toMatchObject({
    msg: expect.stringContaining('needs a restart'),
    inForce: { SIDECAST_ROUTING: 'otlp' },
    needRestart: ['SIDECAST_JOURNAL_MAX_BYTES'],
  });
  const { destinations } = await eventually(
    () => sidecast.status(),
    (status) => status.receivers['aws-xray'].accepted.segments === 1,
  );
  expect(destinations['aws-xray'].reasons.skipped).toEqual({ routing: 1 });
});

it('has new rules of sampling and redaction in force for what comes next, and names keys that it does not take', async () => {
  const { sandbox, sidecast, hangUp } = await startWith('routing: all\n');
  const delivered = (count: number) =>
    eventually(
      () => sandbox.items('honeycomb') as readonly { name: string; attributes: Record<string, unknown> }[],
      ({ length }) => length === count,
    );

  await sendSpan(sidecast.otlpUrl, 'before');
  await delivered(1);
  const { inForce, needRestart } = await hangUp(
    'routing: all\nredact:\n  deny: [iban]\n  hash_key: never-logged-whole\nhoneycomb:\n  dataset: elsewhere\n',
    'config_reloaded',
  );
  await sendSpan(sidecast.otlpUrl, 'redacted');
  const spans = await delivered(2);
  await hangUp('routing: all\nsample:\n  ratios: [honeycomb=0.5]\n', 'config_reloaded');
  await sendSpan(sidecast.otlpUrl, 'left out');

  const { destinations, routing } = await eventually(
    () => sidecast.status(),
    ({ destinations: { honeycomb } }) => honeycomb.counts.sampled === 1,
  );
  expect(inForce).toEqual({ SIDECAST_REDACT_DENY: 'iban', SIDECAST_REDACT_HASH_KEY: '********' });
  expect(needRestart).toEqual(['HONEYCOMB_DATASET']);
  expect(Object.fromEntries(spans.map(({ name, attributes }) => [name, attributes['iban']]))).toEqual({
    before: 'DE02',
    redacted: '****',
  });
  expect(destinations.honeycomb.counts).toMatchObject({ delivered: 2, sampled: 1 });
  expect(routing.sampling).toEqual({ honeycomb: { ratio: 0.5, dryRun: false, wouldLeaveOut: 0 } });
});

/** Its trace id is among those that a ratio leaves out first. */
async function sendSpan(otlpUrl: string, name: string): Promise<void> {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId: '5b8efff798038103d269b633ffffffff',
    spanId: 'eee19b7ec3c1b174',
    name,
    kind: 2,
    startTimeUnixNano: String(nowNs - 1_000_000n),
    endTimeUnixNano: String(nowNs),
    attributes: [{ key: 'iban', value: { stringValue: 'DE02' } }],
  };
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  const answer = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
}

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
  return sendDatagrams(port, [datagramOf(segment)]);
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
