// Part of the tests: how the command xray starts and ends, with what the X-Ray daemon (3.6.6) does in the same place.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/app.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';
import { freePort } from '../support/free-port.ts';
import { runXRay, serve, type XRayRun } from '../support/xray-command.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(args: readonly string[], settings?: Readonly<Record<string, string>>): Promise<XRayRun> {
  const run = await runXRay(args, settings);
  cleanups.push(run.stop);
  return run;
}

async function takenUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  cleanups.push(() => socket.close());
  return socket.address().port;
}

async function takenTcpPort(): Promise<number> {
  const server = await serve((_, response) => response.end());
  cleanups.push(server.close);
  return server.port;
}

const NOWHERE = ['-b', '127.0.0.1:0', '-t', '127.0.0.1:0'];

const SEGMENT = {
  name: 'backend-flask',
  id: '70de5b6f19ff9a0a',
  trace_id: `1-${Math.floor(Date.now() / 1000).toString(16)}-a006649127e371903a2de979`,
  start_time: Date.now() / 1000 - 1,
  end_time: Date.now() / 1000,
};
const send = (port: number) => sendDatagrams(port, [datagramOf(SEGMENT)]);
const portOf = (addresses: readonly string[]) => Number(addresses[0]?.split(':').at(-1));

describe('a start that the X-Ray daemon refuses with exit code 1', () => {
  interface Refusal {
    args: readonly string[];
    daemon: string;
    /** Where our words differ. */
    ours?: RegExp;
  }
  const refusals: readonly Refusal[] = [
    { args: ['-b', '2000'], daemon: 'address 2000: missing port in address' },
    { args: ['-b', '::1:2000'], daemon: 'address ::1:2000: too many colons in address' },
    { args: ['-b', '127.0.0.1:99999'], daemon: 'address 99999: invalid port' },
    { args: ['-t', '2000'], daemon: 'address 2000: missing port in address' },
    { args: ['-t', '127.0.0.1:-1'], daemon: 'address -1: invalid port' },
    {
      args: ['-b', '127.0.0.1:http'],
      daemon: 'lookup udp/http: unknown port',
      ours: /address http: invalid port/,
    },
    {
      args: ['-b', '203.0.113.9:2000'],
      daemon: 'listen udp 203.0.113.9:2000: bind: cannot assign requested address',
    },
    {
      args: ['-b', 'host.invalid:2000'],
      daemon: 'lookup host.invalid on <server>: no such host',
      ours: /lookup host\.invalid: no such host/,
    },
    {
      args: ['-p', 'http://[bad'],
      daemon: `Bad proxy URL: parse "http://[bad": missing ']' in host`,
      ours: /Bad proxy URL: .*flag -p/,
    },
    { args: ['-m', '2'], daemon: 'Not enough Buffers Memory Allocated. Min Buffers Memory required: 3 MB.' },
  ];

  it.each(refusals)('$args: $daemon', async ({ args, daemon, ours }) => {
    const run = await start([...NOWHERE, ...args]);

    expect(await run.ended).toBe(1);
    expect(run.log().at(-1)).toMatch(ours ?? `[Error] ${daemon}`);
  });

  it('because its UDP port is taken is refused here too, in the same words', async () => {
    const port = await takenUdpPort();

    const run = await start([...NOWHERE, '-b', `127.0.0.1:${port}`]);

    expect(await run.ended).toBe(1);
    expect(run.log().at(-1)).toBe(`[Error] listen udp 127.0.0.1:${port}: bind: address already in use`);
  });

  it('because of its file is refused here too, on standard error and in the log file, in the form of the log', async () => {
    const run = await start(['-c', '/nonexistent.yaml']);

    expect(await run.ended).toBe(1);
    expect(run.stderr).toEqual([
      expect.stringMatching(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S+ \[Error\] Error occur when using config flag: open \/nonexistent\.yaml: no such file or directory$/,
      ),
    ]);
    expect(run.log()).toEqual([
      expect.stringMatching(/^\[Error\] Error occur when using config flag: open /),
    ]);
  });

  it('for want of a region goes on here: X-Ray is blocked, and segments are kept', async () => {
    const run = await start(NOWHERE);
    const { listening } = await run.status();
    await send(portOf(listening.xrayUdp));

    const status = await eventually(run.status, ({ destinations }) => {
      const { state, counts } = destinations['aws-xray'];
      return state === 'blocked' && counts.queued === 1;
    });

    expect(status.destinations['aws-xray'].reason).toMatchObject({
      code: 'not_configured',
      fix: 'Set AWS_REGION.',
    });
    expect(run.log()).toContainEqual(
      expect.stringMatching(/^\[Error\] Cannot fetch region variable from config file, /),
    );
  });
});

describe('a start that the X-Ray daemon goes on from', () => {
  it.each([
    [['-b', 'localhost:0', '-t', 'localhost:0'], /^localhost:\d+$/],
    [['-b', ':0', '-t', ':0'], /^0\.0\.0\.0:\d+$/],
    [['-b', '[::1]:0', '-t', '127.0.0.1:0'], /^\[::1\]:\d+$/],
  ])('with %j binds that', async (args, address) => {
    const run = await start(args);

    const { listening } = await run.status();

    expect(listening.xrayUdp[0]).toMatch(address);
    expect(listening.xrayTcp).not.toEqual([]);
  });

  it('without credentials is blocked from the beginning, and says so once', async () => {
    const run = await start([...NOWHERE, '-n', 'eu-west-1']);

    const lines = await run.logged('Unable to retrieve credentials');

    expect((await run.status()).destinations['aws-xray']).toMatchObject({
      state: 'blocked',
      reason: { code: 'no_credentials' },
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        '[Info] Using region: eu-west-1',
        '[Info] HTTP Proxy server using X-Ray Endpoint : https://xray.eu-west-1.amazonaws.com',
      ]),
    );
    expect(lines.filter((line) => line.includes('Unable to retrieve credentials'))).toHaveLength(1);
  });

  it('with its TCP port taken takes datagrams, and is not ready: the daemon has no place to say it', async () => {
    const port = await takenTcpPort();

    const run = await start(['-b', '127.0.0.1:0', '-t', `127.0.0.1:${port}`]);

    await run.logged('page on');
    expect(run.log()).toContain(
      `[Error] proxy http server failed to listen: listen tcp 127.0.0.1:${port}: bind: address already in use`,
    );
    const { listening, receivers } = await run.status();
    expect([listening.xrayTcp, listening.xrayUdp.length]).toEqual([[], 1]);
    expect((await fetch(`${await run.adminUrl()}/readyz`)).status).toBe(503);
    await send(portOf(listening.xrayUdp));
    await eventually(
      run.status,
      (now) => now.receivers['aws-xray'].accepted.segments > receivers['aws-xray'].accepted.segments,
    );
  });

  it('does so here where a port is taken that only we have', async () => {
    const [otlp, admin] = [await takenTcpPort(), await takenTcpPort()];
    const run = await start(NOWHERE, {
      SIDECAST_HOST: '127.0.0.1',
      SIDECAST_OTLP_PORT: String(otlp),
      SIDECAST_ADMIN_PORT: String(admin),
    });

    const lines = await run.logged('Sidecast also listens: OTLP/HTTP on no port, page on no port');

    expect(lines.filter((line) => /^\[Warn\].*EADDRINUSE/.test(line))).toHaveLength(2);
  });
});

describe('the environment', () => {
  const REGION = { AWS_REGION: 'us-east-1' };
  const ELSEWHERE = 'http://ddb:8000';

  it.each([
    {
      variable: 'AWS_ENDPOINT_URL',
      daemon: 'sends to it, even where a backend means its DynamoDB Local',
      ours: 'sends to the region, and says so',
      env: { AWS_ENDPOINT_URL: ELSEWHERE },
      said: /^\[Warn\] AWS is called where it is: .*url=http:\/\/ddb:8000 fix=.*AWS_ENDPOINT_URL_XRAY/,
    },
    {
      variable: 'AWS_ENDPOINT_URL beside AWS_ENDPOINT_URL_XRAY',
      daemon: 'sends to the latter',
      ours: 'the same, with nothing to say',
      env: { AWS_ENDPOINT_URL: ELSEWHERE, AWS_ENDPOINT_URL_XRAY: 'http://127.0.0.1:9' },
      endpoint: 'http://127.0.0.1:9',
    },
    {
      variable: 'AWS_XRAY_DAEMON_ADDRESS',
      daemon: 'does not read it: it is for SDKs',
      ours: 'the same',
      env: { AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:9' },
    },
    {
      variable: 'XRAY_DAEMON_CPU_PROFILE and XRAY_DAEMON_MEMORY_PROFILE',
      daemon: 'writes its profiles there',
      ours: 'does not read them',
      env: { XRAY_DAEMON_CPU_PROFILE: '/nonexistent/cpu', XRAY_DAEMON_MEMORY_PROFILE: '/nonexistent/mem' },
    },
  ])('$variable: the daemon $daemon; here: $ours', async ({ env, said, endpoint }) => {
    const run = await start(NOWHERE, { ...REGION, ...env });

    const lines = await run.logged('using X-Ray Endpoint');

    expect(lines).toContain(
      `[Info] HTTP Proxy server using X-Ray Endpoint : ${endpoint ?? 'https://xray.us-east-1.amazonaws.com'}`,
    );
    const warnings = lines.filter((line) => /^\[Warn\] (?!The sampling rules stay)/.test(line));
    if (said) expect(warnings).toEqual([expect.stringMatching(said)]);
    else expect(warnings).toEqual([]);
    const { listening } = await run.status();
    expect(listening.xrayUdp[0]).not.toBe('127.0.0.1:9');
  });
});

describe('what is logged', () => {
  it('is what people look for, with no content of a segment, and the end is exit code 0', async () => {
    const vendor = await serve((_, response) => response.end('{"UnprocessedTraceSegments":[]}'));
    cleanups.push(vendor.close);
    const run = await start([...NOWHERE, '-o', '-m', '16', 'xray', '-n', 'eu-west-1'], {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'A',
      AWS_SECRET_ACCESS_KEY: 'S',
      AWS_ENDPOINT_URL_XRAY: `http://127.0.0.1:${vendor.port}`,
    });
    const { listening } = await run.status();
    await send(portOf(listening.xrayUdp));
    await run.logged('Successfully sent batch of');

    expect(await run.stop()).toBe(0);
    const wanted = [
      /^\[Info\] Initializing AWS X-Ray daemon 3\.7\.0\+sidecast\.1\.2\.3$/,
      /^\[Warn\] Ignored, as the X-Ray daemon does: "xray" "-n" "eu-west-1"/,
      /^\[Info\] Using buffer memory limit of 16 MB$/,
      /^\[Info\] \d+ segment buffers allocated/,
      /^\[Info\] Starting proxy http server on 127\.0\.0\.1:\d+$/,
      /^\[Info\] Using region: us-east-1$/,
      /^\[Info\] Successfully sent batch of 1 segments \(\d\.\d{3} seconds\)$/,
      /^\[Info\] Got shutdown signal: terminated$/,
    ];
    const lines = run.log();
    for (const pattern of wanted) expect(lines).toContainEqual(expect.stringMatching(pattern));
    expect(lines[0]).toMatch(/Initializing/);
    expect(run.log().join('\n')).not.toContain(SEGMENT.id);
  });

  it('starts with the time as RFC 3339 in seconds, and holds nothing below the level', async () => {
    const run = await start([...NOWHERE, '-l', 'error']);

    await run.logged('Cannot fetch region');

    expect(run.log().filter((line) => !line.startsWith('[Error]'))).toEqual([]);
  });
});

describe('the ports', () => {
  it('are bound before the region is asked for: the sampling API answers, and a datagram is taken', async () => {
    const port = await freePort();
    const seen: string[] = [];
    let atFirst: Response | undefined;
    const metadata = await serve(async (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (seen.length === 1) {
        await send(port);
        atFirst = await fetch(`http://127.0.0.1:${port}/GetSamplingRules`, { method: 'POST' });
      }
      response.end(request.method === 'PUT' ? 'token' : '{"region":"ap-south-1"}');
    });
    cleanups.push(metadata.close);

    const run = await start(['-b', `127.0.0.1:${port}`, '-t', `127.0.0.1:${port}`], {
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${metadata.port}`,
      // Would be asked if metadata could be proxied.
      HTTP_PROXY: 'http://127.0.0.1:9',
      AWS_DEFAULT_REGION: 'eu-west-3',
    });

    await run.logged('Using region: ap-south-1');

    expect(seen[0]).toBe('PUT /latest/api/token');
    expect(atFirst?.status).toBe(200);
    await eventually(run.status, ({ receivers }) => receivers['aws-xray'].accepted.segments === 1);
  });

  it('and -o does not ask for it: the variable that comes last decides', async () => {
    const seen: string[] = [];
    const metadata = await serve((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(404).end();
    });
    cleanups.push(metadata.close);

    const run = await start([...NOWHERE, '-o'], {
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${metadata.port}`,
      AWS_DEFAULT_REGION: 'eu-west-3',
    });

    await run.logged('Using region: eu-west-3');
    expect(seen.filter((path) => /instance-identity|placement/.test(path))).toEqual([]);
  });
});
