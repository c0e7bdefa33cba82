// Part of the tests: a fleet of OpenTelemetry Collectors on either side of the same topics.
// KAFKA_COLLECTOR=/tmp/otelcol-kafka/otelcol-kafka npm run test:kafka
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { partitionOf } from '../../src/journal/kafka/murmur2.ts';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { SANDBOX_HONEYCOMB_KEY, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { freePort } from '../support/free-port.ts';
import { type SpanLoad, startSpanLoad } from '../support/span-load.ts';
import { type Collector, noCollector, startCollector } from './collector/collector.ts';
import { auditLoads, type OneOfEach, startOneOfEach } from './fleet.ts';

const LOGS = 50;
const SPANS = 500;
const ARRIVES_WITHIN_MS = 60_000;
/** Where loads of the other tests are not. */
const FIRST_REQUEST = 70_000_000;
/** Where Kafka's own clients, and we, put a key: the Collector's own default is another one (sarama's FNV-1a). */
const LIKE_KAFKA = { record_partitioner: { sticky_key: { hasher: 'murmur2' } } };

describe.skipIf(noCollector)(`the Collector${noCollector ? `: ${noCollector}` : ''}`, () => {
  let stage: OneOfEach;
  let collector: Collector | undefined;
  let sink: Sandbox | undefined;

  beforeAll(async () => {
    stage = await startOneOfEach();
  });
  afterEach(async () => {
    await collector?.stop();
    await sink?.close();
    [collector, sink] = [undefined, undefined];
  });
  afterAll(() => stage?.stop());

  const topic = (name: string) => `${stage.fleet.topicPrefix}${name}`;
  const brokers = () => stage.brokers.list.split(',');

  it('writes what we deliver: every span and log at every destination, each trace where ours are', async () => {
    const endpoint = `127.0.0.1:${await freePort()}`;
    collector = await startCollector(
      { otlp: { protocols: { http: { endpoint } } } },
      {
        kafka: {
          brokers: brokers(),
          traces: { topic: topic('otlp_spans'), encoding: 'otlp_proto' },
          logs: { topic: topic('otlp_logs'), encoding: 'otlp_proto' },
          partition_traces_by_id: true,
          ...LIKE_KAFKA,
        },
      },
    );

    const { load, logs } = await sendAll(`http://${endpoint}`);

    await vi.waitFor(() => {
      const audit = auditLoads(stage.sandbox, [load]);
      for (const id of DESTINATION_IDS) expect(audit[id], id).toMatchObject({ missing: 0, duplicated: 0 });
      for (const id of ['honeycomb', 'aws-cloudwatch-logs'] as const)
        expect(stage.sandbox.audit(id, logs), id).toEqual({ missing: [], duplicated: [] });
    }, ARRIVES_WITHIN_MS);
    const { acknowledged } = auditLoads(stage.sandbox, [load]).honeycomb;
    const placed = await readPlaces(stage.brokers.list, topic('otlp_spans'), acknowledged / 2);
    console.log(
      `${acknowledged} spans and ${logs.length} logs by the Collector, in ${placed.length} messages`,
    );
    for (const { key, partition, partitions } of placed) expect(partitionOf(key, partitions)).toBe(partition);
  });

  it('reads what we write: every span and log', async () => {
    sink = await startSandbox();
    const from = { brokers: brokers(), group_id: topic('collector'), initial_offset: 'earliest' };
    collector = await startCollector(
      {
        kafka: {
          ...from,
          traces: { topics: [topic('otlp_spans')], encoding: 'otlp_proto' },
          logs: { topics: [topic('otlp_logs')], encoding: 'otlp_proto' },
        },
      },
      { otlphttp: { endpoint: sink.url, headers: { 'x-honeycomb-team': SANDBOX_HONEYCOMB_KEY } } },
    );

    const { load, logs } = await sendAll(stage.fleet.receivers[0]?.otlpUrl ?? '');

    const isAt = (sandbox: Sandbox | undefined) => {
      const { honeycomb } = load.acknowledged;
      expect(sandbox?.audit('honeycomb', [...honeycomb, ...logs])).toEqual({ missing: [], duplicated: [] });
    };
    await vi.waitFor(() => isAt(sink), ARRIVES_WITHIN_MS);
    await vi.waitFor(() => isAt(stage.sandbox), ARRIVES_WITHIN_MS);
    console.log(`${load.acknowledged.honeycomb.length} spans and ${logs.length} logs by sidecast`);
  });

  /** By OTLP; the logs' ids are as the sandbox knows them. */
  async function sendAll(url: string): Promise<{ load: SpanLoad; logs: string[] }> {
    sent += 1;
    const load = startSpanLoad(url, { senders: 2, firstRequest: FIRST_REQUEST + sent * 1_000_000 });
    await vi.waitFor(() => expect(load.acknowledged.honeycomb.length).toBeGreaterThan(SPANS), 30_000);
    await load.stop();
    const logs = Array.from({ length: LOGS }, (_, index) => `log-${sent}-${index}`);
    await postLogs(url, logs);
    return { load, logs: logs.map((id) => `log:${id}`) };
  }
  let sent = 0;
});

async function postLogs(url: string, ids: readonly string[]): Promise<void> {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const logRecords = ids.map((id) => ({
    timeUnixNano: `${Date.now()}000000`,
    body: { stringValue: 'hello' },
    attributes: [text('log.id', id)],
  }));
  const resource = { attributes: [text('service.name', 'backend-flask')] };
  const body = JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/logs`, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
}

interface Placed {
  key: Buffer;
  partition: number;
  partitions: number;
}

/** The first so many messages of a topic. */
async function readPlaces(brokers: string, topic: string, count: number): Promise<Placed[]> {
  const { Consumer, MessagesStreamModes } = await import('@platformatic/kafka');
  const consumer = new Consumer({
    clientId: 'test',
    groupId: `${topic}.places`,
    bootstrapBrokers: brokers.split(','),
  });
  const metadata = await consumer.metadata({ topics: [topic] });
  const partitions = metadata.topics.get(topic)?.partitionsCount ?? 0;
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST });
  const found: Placed[] = [];
  for await (const { key, partition } of stream) {
    found.push({ key, partition, partitions });
    if (found.length >= count) break;
  }
  await consumer.close(true);
  return found;
}
