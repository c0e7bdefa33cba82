// Part of the tests: the built program reaches X-Ray's own endpoint through a proxy's tunnel, TLS and signature included.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Sandbox, sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { segment } from '../sandbox/helpers.ts';
import { eventually } from '../support/app.ts';
import { certificateFor } from '../support/certificate.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';
import { temporaryDir } from '../support/records.ts';
import { startSidecast } from '../support/sidecast.ts';

const HOST = 'xray.us-east-1.amazonaws.com';
const certificate = certificateFor(HOST);

let sandbox: Sandbox;
let front: Server;
let proxy: ConnectProxy;
let dir: Awaited<ReturnType<typeof temporaryDir>>;

beforeAll(async () => {
  sandbox = await startSandbox();
  front = createServer(certificate, (client) => {
    const target = connect(sandbox.port, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const)
      socket.on('error', () => other.destroy());
    client.pipe(target).pipe(client);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  proxy = await startConnectProxy((front.address() as AddressInfo).port);
  dir = await temporaryDir();
});
afterAll(async () => {
  await proxy.close();
  front.close();
  await sandbox.close();
  await dir.remove();
});

it.each([
  [
    'HTTPS_PROXY, and an authority of its own',
    () => ({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: join(dir.path, 'ca.pem') }),
  ],
  [
    'https_proxy, without looking at the certificate',
    () => ({ https_proxy: proxy.url, SIDECAST_XRAY_VERIFY_TLS: 'off' }),
  ],
])('with %s', async (_what, settings) => {
  await writeFile(join(dir.path, 'ca.pem'), certificate.cert);
  const tunnels = proxy.tunnels.length;
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = sandboxSettings(sandbox.url);
  const sidecast = await startSidecast({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    ...settings(),
  });
  onTestFinished(() => sidecast.stop());
  sandbox.reset();

  await sendDatagrams(sidecast.xrayPort, [datagramOf(segment())]);

  const { destinations } = await eventually(
    () => sidecast.status(),
    (status) => status.destinations['aws-xray'].counts.delivered === 1,
  );
  expect(destinations['aws-xray'].state).toBe('on');
  expect(sandbox.items('aws-xray')).toEqual([segment()]);
  expect(new Set(proxy.tunnels.slice(tunnels))).toEqual(new Set([`${HOST}:443`]));
});
