// Part of the tests: an OpenTelemetry Collector with Kafka in and out, as a process. KAFKA_COLLECTOR: its program; builder.yaml says how
// it is built.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { temporaryDir } from '../../support/records.ts';
import { noBrokers } from '../brokers.ts';

const PROGRAM = env['KAFKA_COLLECTOR'];
/** Why there is no Collector to test with; undefined when there is. */
export const noCollector = PROGRAM
  ? noBrokers
  : 'KAFKA_COLLECTOR names no Collector (test/kafka/collector/builder.yaml says how to build one)';

const START_MS = 60_000;
const READY = 'Everything is ready';

export interface Collector {
  /** What it wrote to standard error. */
  readonly logs: readonly string[];
  stop(): Promise<void>;
}

/** From one receiver to one exporter, spans and logs. Resolves when all of it has started. */
export async function startCollector(receiver: object, exporter: object): Promise<Collector> {
  const dir = await temporaryDir();
  const [from, to] = [Object.keys(receiver), Object.keys(exporter)];
  const pipeline = { receivers: from, exporters: to };
  const config = {
    receivers: receiver,
    exporters: exporter,
    service: {
      pipelines: { traces: pipeline, logs: pipeline },
      // Its own metrics would be served on a port that everybody's Collector has.
      telemetry: { metrics: { level: 'none' } },
    },
  };
  // JSON is YAML.
  const file = join(dir.path, 'config.yaml');
  await writeFile(file, JSON.stringify(config));
  const child = spawn(PROGRAM ?? '', ['--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  const logs: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL');
      reject(new Error(`${why}:\n${logs.slice(-20).join('\n')}`));
    };
    const timer = setTimeout(() => fail('the Collector did not start in time'), START_MS);
    createInterface({ input: child.stderr }).on('line', (line) => {
      logs.push(line);
      if (!line.includes(READY)) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', () => {
      clearTimeout(timer);
      fail('the Collector ended');
    });
  });
  return {
    logs,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await dir.remove();
    },
  };
}
