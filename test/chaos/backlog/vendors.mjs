// Part of the chaos tests: four vendors in one that can be down, take their time when they are up, and remember when each item came.
import http from 'node:http';
import zlib from 'node:zlib';
import { indexOfText, indexOfWords } from '../../bench/ids.mjs';
import { forEachSpanId } from '../../bench/sink-spans.mjs';

/** What one destination has taken. Items below `liveFrom` are the backlog. */
class Book {
  arrivals = new Uint8Array(1 << 24);
  requests = 0;
  items = 0;
  backlogItems = 0;
  firstAtMs;
  #onLive;

  constructor(onLive) {
    this.#onLive = onLive;
  }

  take(indexes, liveFrom) {
    const atMs = performance.now();
    this.firstAtMs ??= atMs;
    this.requests += 1;
    for (const index of indexes) {
      if (index < 0) continue;
      this.items += 1;
      if (index >= this.arrivals.length) this.#grow(index);
      this.arrivals[index] += 1;
      if (index < liveFrom) this.backlogItems += 1;
      else this.#onLive(index, atMs);
    }
  }

  #grow(index) {
    const grown = new Uint8Array(2 ** Math.ceil(Math.log2(index + 1)));
    grown.set(this.arrivals);
    this.arrivals = grown;
  }
}

/** `onLive(destination, index, atMs)` hears of every item that is not backlog. */
export async function startVendors(destinations, onLive) {
  const books = Object.fromEntries(
    destinations.map((id) => [id, new Book((index, atMs) => onLive(id, index, atMs))]),
  );
  const vendors = { books, isUp: false, requestMs: 0, liveFrom: Number.POSITIVE_INFINITY, url: '', close };
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      if (!vendors.isUp) return response.writeHead(503).end();
      const { id, indexes, answer } = read(request, Buffer.concat(chunks));
      if (!id) return json(response, answer);
      setTimeout(() => {
        books[id]?.take(indexes, vendors.liveFrom);
        json(response, answer);
      }, vendors.requestMs);
    });
  });
  function close() {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  }
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  vendors.url = `http://127.0.0.1:${server.address().port}`;
  return vendors;
}

/** Whose request it is, which items it holds, and what the vendor says. */
function read({ url, headers }, body) {
  if (url === '/v1/traces') {
    const indexes = [];
    const inflated = inflate(body, headers['content-encoding']);
    forEachSpanId(inflated, (high, low) => void indexes.push(indexOfWords(high, low)));
    return { id: 'honeycomb', indexes, answer: undefined };
  }
  if (url === '/TraceSegments') {
    const indexes = JSON.parse(body).TraceSegmentDocuments.map((text) => indexIn(text, '"id":"'));
    return { id: 'aws-xray', indexes, answer: { UnprocessedTraceSegments: [] } };
  }
  if (String(headers['x-amz-target']).endsWith('.PutLogEvents')) {
    const messages = JSON.parse(body).logEvents.map(({ message }) => message);
    const indexes = messages.filter(isAccess).map((text) => indexIn(text, '"spanId":"'));
    return { id: 'aws-cloudwatch-logs', indexes, answer: { nextSequenceToken: '0' } };
  }
  if (url === '/api/1/item/') {
    const { data } = JSON.parse(body);
    return {
      id: 'rollbar',
      indexes: [indexOfText(data.custom.span_id)],
      answer: { err: 0, result: { id: null, uuid: data.uuid } },
    };
  }
  return { answer: {} };
}

const isAccess = (message) => message.includes(':access"');

/** Our documents begin with their own id. */
function indexIn(text, key) {
  const at = text.indexOf(key) + key.length;
  return indexOfText(text.slice(at, at + 16));
}

function inflate(body, encoding = 'identity') {
  if (encoding === 'zstd') return zlib.zstdDecompressSync(body);
  return encoding === 'gzip' ? zlib.gunzipSync(body) : body;
}

function json(response, value) {
  const text = value === undefined ? '' : JSON.stringify(value);
  response.writeHead(200, { 'content-type': value ? 'application/json' : 'application/x-protobuf' });
  response.end(text);
}
