// Part of the tests: real Kafka brokers, started by a tool that the environment names. It takes: start N (prints
// `export SIDECAST_KAFKA=host:port,…`), kill K, again K, stop.
import { execFile } from 'node:child_process';
import { env, versions } from 'node:process';
import { promisify } from 'node:util';

const TOOL = env['KAFKA_BROKERS_TOOL'];
const [major = 0, minor = 0] = versions.node.split('.').map(Number);
const isNodeNewEnough = major > 24 || (major === 24 && minor >= 6) || (major === 22 && minor >= 22);

/** Why there are no brokers to test with; undefined when there are. */
export const noBrokers = !TOOL
  ? 'KAFKA_BROKERS_TOOL names no tool that starts brokers'
  : isNodeNewEnough
    ? undefined
    : `Node ${versions.node} is too old for the Kafka client`;

export interface Brokers {
  /** host:port,… */
  readonly list: string;
  readonly count: number;
  kill(broker: number): Promise<void>;
  again(broker: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startBrokers(count: number): Promise<Brokers> {
  const run = async (...words: string[]) => (await promisify(execFile)(TOOL ?? '', words)).stdout;
  const list = /SIDECAST_KAFKA=(\S+)/.exec(await run('start', String(count)))?.[1];
  if (!list) throw new Error('the tool did not say where its brokers are');
  return {
    list,
    count,
    kill: async (broker) => void (await run('kill', String(broker))),
    again: async (broker) => void (await run('again', String(broker))),
    stop: async () => void (await run('stop')),
  };
}
