// Part of the tests: what other programs read in our topics, and that what they write is delivered. Two libraries that share no
// code with ours: confluent-kafka and kafka-python.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { python } from '../clients/venv.ts';
import { noBrokers } from './brokers.ts';
import { loadOn, type OneOfEach, startOneOfEach, untilIdle } from './fleet.ts';

const FOLDER = join(import.meta.dirname, 'python');
const LIBRARIES = ['confluent-kafka', 'kafka-python'];
const REQUESTS = 20;

interface Message {
  key: string;
  partition: number;
  /** Where kafka-python would put that key. */
  home: number;
  headers: string[];
  spans: string[];
  services: string[];
}

describe.skipIf(noBrokers)(`another library${noBrokers ? `: ${noBrokers}` : ''}`, () => {
  let stage: OneOfEach;
  let interpreter: string;

  beforeAll(async () => {
    interpreter = await python(join(FOLDER, '.venv'), join(FOLDER, 'versions.txt'));
    stage = await startOneOfEach();
  });
  afterAll(() => stage?.stop());

  async function other<T>(what: 'read' | 'write', library: string, ...more: string[]): Promise<T[]> {
    const words = [
      join(FOLDER, 'other.py'),
      what,
      library,
      stage.brokers.list,
      `${stage.fleet.topicPrefix}otlp_spans`,
      ...more,
    ];
    const { stdout } = await promisify(execFile)(interpreter, words, { maxBuffer: 64 * 1024 * 1024 });
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as T);
  }

  it.each(LIBRARIES)(
    'reads what we write as plain OTLP, each trace in the partition of its key: %s',
    async (library) => {
      const { fleet } = stage;
      const [load] = loadOn(fleet);
      await vi.waitFor(() => expect(load?.acknowledged.honeycomb.length).toBeGreaterThan(200), 20_000);
      await load?.stop();
      await untilIdle(fleet);

      const messages = await other<Message>('read', library);

      const spans = messages.flatMap((message) => message.spans);
      expect(spans).toEqual(expect.arrayContaining(load?.acknowledged.honeycomb ?? []));
      for (const { key, partition, home, headers, services, spans: inIt } of messages) {
        expect(home).toBe(partition);
        expect(inIt.map((id) => id.split(':')[0])).toContain(key);
        expect(headers).toEqual(['sidecast']);
        expect(services).toEqual(['backend-flask']);
      }
      const homes = new Map<string, Set<number>>();
      for (const { partition, spans: inIt } of messages)
        for (const id of inIt) {
          const trace = id.split(':')[0] ?? '';
          homes.set(trace, (homes.get(trace) ?? new Set()).add(partition));
        }
      expect([...homes.values()].filter(({ size }) => size > 1)).toEqual([]);
    },
  );

  it.each(LIBRARIES)(
    'writes what we deliver: %s',
    async (library) => {
      const written = await other<{ trace: string; spans: string[] }>('write', library, String(REQUESTS));

      expect(written).toHaveLength(REQUESTS);
      const ids = {
        honeycomb: written.flatMap(({ trace, spans }) => spans.map((span) => `${trace}:${span}`)),
        'aws-xray': written.flatMap(({ spans }) => spans),
        'aws-cloudwatch-logs': written.flatMap(({ trace, spans }) =>
          spans.map((span) => `${trace}:${span}:access`),
        ),
      };
      const { sandbox } = stage;
      await vi.waitFor(() => {
        expect(sandbox.audit('honeycomb', ids.honeycomb)).toEqual({ missing: [], duplicated: [] });
        expect(sandbox.audit('aws-xray', ids['aws-xray'])).toEqual({ missing: [], duplicated: [] });
        const logs = sandbox.audit('aws-cloudwatch-logs', ids['aws-cloudwatch-logs']);
        expect(logs).toEqual({ missing: [], duplicated: [] });
      }, 30_000);
    },
    60_000,
  );
});
