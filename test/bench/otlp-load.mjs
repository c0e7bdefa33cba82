// Part of the tests: a process that sends OTLP requests, a fixed number at a time, and tells its parent when all were answered.
import http from 'node:http';
import { requestTemplate } from './otlp-spans.mjs';

/** A trace may go on in the next request; failures recur after this many items, so templates repeat then. */
const ITEMS_PER_CYCLE = 99;
/** Different random times, as compression would otherwise see the same request again and again. */
const TEMPLATES_PER_START = 4;
const RETRY_AFTER_MS = 50;
const MAX_RETRIES = 200;
const RETRYABLE = [429, 502, 503, 504];

process.once('message', (options) => {
  run(options).then(
    (result) => process.send(result),
    (error) => process.send({ error: String(error) }),
  );
});

/** `rate`: spans a second; as fast as they are answered without one. */
async function run({ port, spansPerRequest, requests, concurrency, rate, varied }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  const templateOf = templates(spansPerRequest, varied);
  const statuses = {};
  const startedMs = performance.now();
  let next = 0;
  let bytes = 0;
  let retries = 0;
  const sendInTurn = async () => {
    while (next < requests) {
      const turn = next++;
      const first = turn * spansPerRequest;
      const dueMs = rate ? startedMs + (1000 * first) / rate : 0;
      if (dueMs > performance.now())
        await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()));
      const body = Buffer.from(templateOf(first, turn).fill(first, Date.now()));
      bytes += body.length;
      for (let attempt = 0; ; attempt += 1) {
        const status = await post(agent, port, body);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) break;
        if (!RETRYABLE.includes(status) || attempt === MAX_RETRIES) throw new Error(`answered ${status}`);
        retries += 1;
        await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sendInTurn));
  const seconds = (performance.now() - startedMs) / 1000;
  agent.destroy();
  return { sent: requests * spansPerRequest, bytes, statuses, retries, seconds };
}

function templates(spansPerRequest, varied) {
  const known = new Map();
  return (first, turn) => {
    const start = first % ITEMS_PER_CYCLE;
    const key = `${start}/${turn % TEMPLATES_PER_START}`;
    let template = known.get(key);
    if (!template) {
      template = requestTemplate(start, spansPerRequest, 1 + known.size, varied);
      known.set(key, template);
    }
    return template;
  };
}

function post(agent, port, body) {
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
  const options = { host: '127.0.0.1', port, path: '/v1/traces', method: 'POST', agent, headers };
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    request.once('error', reject);
    request.end(body);
  });
}
