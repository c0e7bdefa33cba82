// Part of the chaos tests: OTLP in every form and X-Ray datagrams without pause, and what was answered to each.
import { createSocket } from 'node:dgram';
import http from 'node:http';
import { jsonToProtobuf } from '../../../src/protocols/otlp/json.ts';
import type { Sidecast } from '../../support/sidecast.ts';
import { createItems, type OtlpRequest, type SourceItem } from './items.ts';

export interface MixedLoad {
  /** Answered with 200. */
  readonly acknowledged: readonly SourceItem[];
  /** Without an answer: nobody knows whether they were taken. */
  readonly unanswered: readonly SourceItem[];
  /** Answered with another status: how many requests. */
  readonly refused: ReadonlyMap<number, number>;
  /** Sent as datagrams, which nobody answers. */
  readonly datagrams: readonly SourceItem[];
  stop(): Promise<void>;
}

const SENDERS = 4;
const PAUSE_MS = 25;
const DATAGRAM_EVERY_MS = 10;

export function startMixedLoad(
  { otlpUrl, xrayPort }: Pick<Sidecast, 'otlpUrl' | 'xrayPort'>,
  random: () => number,
): MixedLoad {
  const items = createItems(random);
  const agent = new http.Agent({ keepAlive: true, maxSockets: SENDERS });
  const socket = createSocket('udp4');
  // A port that nobody listens on answers with ICMP; datagrams are lost then, and that is no error here.
  socket.on('error', () => undefined);
  const acknowledged: SourceItem[] = [];
  const unanswered: SourceItem[] = [];
  const datagrams: SourceItem[] = [];
  const refused = new Map<number, number>();
  let isStopped = false;

  const send = async () => {
    while (!isStopped) {
      const request = items.request();
      const status = await post(agent, otlpUrl, request, random() < 0.3);
      for (const item of request.items) item.sentAtMs = performance.now();
      if (status === 200) acknowledged.push(...request.items);
      else if (status === undefined) unanswered.push(...request.items);
      else refused.set(status, (refused.get(status) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const sending = Array.from({ length: SENDERS }, send);
  const ticking = setInterval(() => {
    const { text, item } = items.datagram();
    item.sentAtMs = performance.now();
    datagrams.push(item);
    socket.send(text, xrayPort, '127.0.0.1');
  }, DATAGRAM_EVERY_MS);
  return {
    acknowledged,
    unanswered,
    refused,
    datagrams,
    async stop() {
      if (isStopped) return;
      isStopped = true;
      clearInterval(ticking);
      await Promise.all(sending);
      await new Promise<void>((resolve) => socket.close(() => resolve()));
      agent.destroy();
    },
  };
}

/** The status; undefined when there was none, and nobody knows whether the request was taken. */
function post(
  agent: http.Agent,
  otlpUrl: string,
  { signal, message }: OtlpRequest,
  asJson: boolean,
): Promise<number | undefined> {
  const text = JSON.stringify(message);
  const body = asJson ? Buffer.from(text) : Buffer.from(jsonToProtobuf(signal, text));
  const type = asJson ? 'application/json' : 'application/x-protobuf';
  const headers = { 'content-type': type, 'content-length': body.length };
  return new Promise((resolve) => {
    const fail = () => resolve(undefined);
    const request = http.request(
      `${otlpUrl}/v1/${signal}`,
      { method: 'POST', agent, headers },
      (response) => {
        response.resume().once('error', fail);
        response.once('end', () => resolve(response.statusCode));
      },
    );
    request.once('error', fail);
    request.end(body);
  });
}
