// Part of the tests: the OpenTelemetry Collector as the process that is measured, on the same load and the same sink.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const READY_WITHIN_MS = 15_000;
const POLL_MS = 5;

/** `dir` holds `otelcol-core`: OTLP in and out, batch processor, file storage. `queue`: memory, file, or file with fsync. */
export async function startCollector({ dir, compression = 'gzip', queue = 'memory', sinkUrl }) {
  const storeDir = await mkdtemp(join(tmpdir(), 'collector-bench-'));
  const [otlpPort, healthPort] = [await freePort(), await freePort()];
  const file = join(storeDir, 'config.json');
  // JSON is YAML.
  await writeFile(
    file,
    JSON.stringify(configOf({ otlpPort, healthPort, compression, queue, storeDir, sinkUrl })),
  );
  const startedMs = performance.now();
  const child = spawn(join(dir, 'otelcol-core'), ['--config', file], { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(storeDir, { recursive: true, force: true });
  };
  while (!(await isHealthy(healthPort))) {
    if (performance.now() - startedMs > READY_WITHIN_MS || child.exitCode !== null) {
      await stop();
      throw new Error('the collector did not become ready');
    }
    await delay(POLL_MS);
  }
  return { pid: child.pid, readyMs: performance.now() - startedMs, otlpPort, stop };
}

/** In memory as its documentation shows it; with a file, nothing may wait outside of the file. */
function configOf({ otlpPort, healthPort, compression, queue, storeDir, sinkUrl }) {
  const isInMemory = queue === 'memory';
  const exporter = { endpoint: sinkUrl, compression };
  return {
    extensions: {
      health_check: { endpoint: `127.0.0.1:${healthPort}` },
      ...(isInMemory ? {} : { file_storage: { directory: storeDir, fsync: queue === 'fsync' } }),
    },
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlpPort}` } } } },
    processors: isInMemory ? { batch: { send_batch_size: 512, timeout: '200ms' } } : {},
    exporters: {
      otlp_http: isInMemory ? exporter : { ...exporter, sending_queue: { storage: 'file_storage' } },
    },
    service: {
      extensions: ['health_check', ...(isInMemory ? [] : ['file_storage'])],
      pipelines: {
        traces: { receivers: ['otlp'], processors: isInMemory ? ['batch'] : [], exporters: ['otlp_http'] },
      },
    },
  };
}

const isHealthy = (port) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    ({ ok }) => ok,
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
