// Part of the tests: sidecast as the process that is measured: as a user starts it, with the sink as its vendors.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STARTED_WITHIN_MS = 15_000;
const STOPPED_WITHIN_MS = 12_000;

export async function startSidecast({ main, execArgv = [], destinations, env, sinkUrl }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'sidecast-bench-'));
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...execArgv, main, 'run'], {
    env: {
      PATH: process.env.PATH,
      ...IMAGE,
      ...settings(dataDir),
      ...vendorSettings(destinations, sinkUrl),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    const tooLong = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MS);
    await exited;
    clearTimeout(tooLong);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const listening = await untilListening(child, exited);
    const admin = listening.admin[0];
    while ((await statusOf(`http://${admin}/readyz`)) !== 200)
      if (performance.now() - startedMs > STARTED_WITHIN_MS) throw new Error('sidecast did not become ready');
    const readyMs = performance.now() - startedMs;
    return {
      pid: child.pid,
      dataDir,
      readyMs,
      otlpPort: portOf(listening.otlp[0]),
      xrayPort: portOf(listening.xrayUdp[0]),
      status: () => statusJson(`http://${admin}/status`),
      adminPort: portOf(admin),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As in the image: what glibc keeps of what is freed. */
const DOCKERFILE = readFileSync(join(import.meta.dirname, '..', '..', 'docker', 'Dockerfile'), 'utf8');
const IMAGE = Object.fromEntries(
  [...DOCKERFILE.matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map((found) => found.slice(1)),
);

/** Of the right shape, and open nothing. */
export const AWS = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIABENCH00000000000',
  AWS_SECRET_ACCESS_KEY: 'bench/secret/access/key/that/opens/nothing',
  AWS_EC2_METADATA_DISABLED: 'true',
};

const settings = (dataDir) => ({
  SIDECAST_HOST: '127.0.0.1',
  SIDECAST_OTLP_PORT: '0',
  SIDECAST_XRAY_PORT: '0',
  SIDECAST_ADMIN_PORT: '0',
  SIDECAST_DATA_DIR: dataDir,
  SIDECAST_LOG_LEVEL: 'warn',
  SIDECAST_LOG_FORMAT: 'json',
  SIDECAST_ROUTING: 'all',
});

/** Keys of the right shape that open nothing. */
function vendorSettings(destinations, sinkUrl) {
  const variables = {
    honeycomb: { HONEYCOMB_API_KEY: `hcaik_${'bench000'.repeat(7)}00`, HONEYCOMB_API_ENDPOINT: sinkUrl },
    'aws-xray': { ...AWS, AWS_ENDPOINT_URL_XRAY: sinkUrl },
    'aws-cloudwatch-logs': {
      ...AWS,
      CLOUDWATCH_LOG_GROUP: 'bench',
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: sinkUrl,
    },
    rollbar: {
      ROLLBAR_ACCESS_TOKEN: 'be7c'.repeat(8),
      ROLLBAR_ENDPOINT: `${sinkUrl}/api/1/item/`,
      ROLLBAR_MAX_PER_MINUTE: '0',
    },
  };
  return Object.assign({}, ...destinations.map((destination) => variables[destination]));
}

async function untilListening(child, exited) {
  const listening = new Promise((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('"event":"listening"')) resolve(JSON.parse(line));
      else process.stderr.write(`sidecast: ${line}\n`);
    });
  });
  const failed = exited.then((code) => {
    throw new Error(`sidecast ended with ${code} before it listened`);
  });
  failed.catch(() => {});
  return Promise.race([listening, failed]);
}

const statusOf = (url) =>
  new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    request.once('error', reject);
  });

const statusJson = async (url) => (await fetch(url)).json();

const portOf = (address) => Number(address.split(':').at(-1));
