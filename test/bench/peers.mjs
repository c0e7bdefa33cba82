// Part of the tests: the OpenTelemetry Collector as the process that is measured, on the same load and the same sink.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AWS } from './measured.mjs';
import { hasUdpSocket } from './process-stats.mjs';

const READY_WITHIN_MS = 15_000;
const POLL_MS = 5;

/**
 * `dir` holds `otelcol-core`: OTLP in and out, batch processor, file storage. With `aws`, `otelcol-aws`: X-Ray in and out as well, made
 * of collector-aws.yaml. `queue`: memory, file, or file with fsync.
 */
export async function startCollector({ dir, aws = false, queue = 'memory', ...options }) {
  const storeDir = await mkdtemp(join(tmpdir(), 'collector-bench-'));
  const ports = { otlpPort: await freePort(), xrayPort: await freePort(), samplingPort: await freePort() };
  const file = join(storeDir, 'config.json');
  const config = (aws ? awsConfigOf : configOf)({ ...options, ...ports, queue, storeDir });
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  const startedMs = performance.now();
  const program = join(dir, aws ? 'otelcol-aws' : 'otelcol-core');
  const child = spawn(program, ['--config', file], { stdio: 'ignore', env: { ...process.env, ...AWS } });
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(storeDir, { recursive: true, force: true });
  };
  const isReady = async () => (await answers(ports.otlpPort)) && (!aws || hasUdpSocket(ports.xrayPort));
  while (!(await isReady())) {
    if (performance.now() - startedMs > READY_WITHIN_MS || child.exitCode !== null || !child.pid) {
      await stop();
      throw new Error('the collector did not become ready');
    }
    await delay(POLL_MS);
  }
  return { pid: child.pid, readyMs: performance.now() - startedMs, ...ports, stop };
}

const otlpReceiver = (port) => ({ protocols: { http: { endpoint: `127.0.0.1:${port}` } } });
const BATCH = { send_batch_size: 512, timeout: '200ms' };

/** In memory as its documentation shows it; with a file, nothing may wait outside of the file. */
function configOf({ otlpPort, compression = 'gzip', queue, storeDir, sinkUrl }) {
  const isInMemory = queue === 'memory';
  const exporter = { endpoint: sinkUrl, compression };
  return {
    extensions: isInMemory ? {} : { file_storage: { directory: storeDir, fsync: queue === 'fsync' } },
    receivers: { otlp: otlpReceiver(otlpPort) },
    processors: isInMemory ? { batch: BATCH } : {},
    exporters: {
      otlp_http: isInMemory ? exporter : { ...exporter, sending_queue: { storage: 'file_storage' } },
    },
    service: {
      extensions: isInMemory ? [] : ['file_storage'],
      pipelines: {
        traces: { receivers: ['otlp'], processors: isInMemory ? ['batch'] : [], exporters: ['otlp_http'] },
      },
    },
  };
}

function awsConfigOf({ otlpPort, xrayPort, samplingPort, destinations, sinkUrl }) {
  const exporters = {
    'aws-xray': { awsxray: { endpoint: sinkUrl, region: AWS.AWS_REGION } },
    honeycomb: { otlphttp: { endpoint: sinkUrl, compression: 'gzip' } },
  };
  const chosen = Object.assign({}, ...destinations.map((destination) => exporters[destination]));
  const sampling = { endpoint: `127.0.0.1:${samplingPort}`, aws_endpoint: sinkUrl, region: AWS.AWS_REGION };
  return {
    receivers: {
      otlp: otlpReceiver(otlpPort),
      awsxray: { endpoint: `127.0.0.1:${xrayPort}`, proxy_server: sampling },
    },
    processors: { batch: BATCH },
    exporters: chosen,
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: {
          receivers: ['otlp', 'awsxray'],
          processors: ['batch'],
          exporters: Object.keys(chosen),
        },
      },
    },
  };
}

/** With whatever status. */
const answers = (port) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
