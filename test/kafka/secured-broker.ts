// Part of the tests: one real Kafka broker that speaks TLS only and asks for a user (SASL/SCRAM). KAFKA_LIBS: a folder with Kafka's jars.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { certificateFor } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { noBrokers } from './brokers.ts';

const LIBS = env['KAFKA_LIBS'];
export const noSecuredBroker = LIBS ? noBrokers : "KAFKA_LIBS names no folder with Kafka's jars";
export const USER = { name: 'sidecast', password: 'not-to-be-guessed' };
const START_MS = 60_000;

export interface SecuredBroker {
  address: string;
  /** PEM, for clients. */
  caFile: string;
  stop(): Promise<void>;
}

export async function startSecuredBroker(): Promise<SecuredBroker> {
  const dir = await mkdtemp(join(tmpdir(), 'secured-kafka-'));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const { key, cert } = certificateFor('localhost');
  const [caFile, keyFile, properties] = ['ca.pem', 'key.pem', 'properties'].map((name) =>
    join(dir, name),
  ) as [string, string, string];
  await writeFile(caFile, cert);
  await writeFile(keyFile, key + cert);
  await writeFile(properties, propertiesOf(dir, port, controllerPort, keyFile));
  const classes = ['-cp', `${LIBS}/*`];
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${USER.name},password=${USER.password}]`,
  ]);
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'c2VjdXJlZC1rYWZrYS0xMQ', '-c', properties];
  await promisify(execFile)('java', [...classes, ...format, ...users]);
  const logFile = join(dir, 'log');
  const log = openSync(logFile, 'w');
  const broker = spawn('java', ['-Xmx384m', ...classes, 'kafka.Kafka', properties], {
    stdio: ['ignore', log, log],
  });
  try {
    await untilOpen(broker, port);
  } catch (error) {
    throw new Error(`${error}: ${(await readFile(logFile, 'utf8')).slice(-2000)}`);
  }
  return {
    address: `localhost:${port}`,
    caFile,
    async stop() {
      const ended = once(broker, 'exit');
      broker.kill('SIGKILL');
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function propertiesOf(dir: string, port: number, controllerPort: number, keyFile: string): string {
  const mechanisms = 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN';
  const login = (module: string, more: string) =>
    `org.apache.kafka.common.security.${module} required${more};`;
  const listener = 'listener.name.clients';
  return `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=CLIENTS://localhost:${port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENTS
listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=${mechanisms}
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
${listener}.scram-sha-256.sasl.jaas.config=${login('scram.ScramLoginModule', '')}
${listener}.scram-sha-512.sasl.jaas.config=${login('scram.ScramLoginModule', ` username="${USER.name}" password="${USER.password}"`)}
${listener}.plain.sasl.jaas.config=${login('plain.PlainLoginModule', ` user_${USER.name}="${USER.password}"`)}
ssl.keystore.type=PEM
ssl.keystore.location=${keyFile}
ssl.truststore.type=PEM
ssl.truststore.location=${join(dir, 'ca.pem')}
log.dirs=${join(dir, 'data')}
num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`;
}

async function untilOpen(broker: ChildProcess, port: number): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    if (broker.exitCode !== null) throw new Error('the broker ended');
    if (Date.now() > until) throw new Error('the broker does not listen');
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
