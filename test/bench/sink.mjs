// Part of the tests: a process that answers as the four vendors do when all is well, and counts by id. Lenient and fast;
// the sandbox is the strict one. Asked over IPC: { audit: { kind, items } } gives the books.
import http from 'node:http';
import zlib from 'node:zlib';
import { EXPECTED } from './expected.mjs';
import { Books } from './sink-books.mjs';
import { forEachSpanId } from './sink-spans.mjs';

const books = {
  honeycomb: new Books(),
  'aws-xray': new Books(),
  'aws-cloudwatch-logs': new Books(),
  rollbar: new Books(),
};
const problems = [];

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('error', () => {});
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    try {
      answer(request, body, response);
    } catch (error) {
      problems.push(`${request.method} ${request.url}: ${error.message}`);
      json(response, { message: error.message }, 400);
    }
  });
});

/** No rules but the SDKs' own, and nothing for anybody's statistics. */
const SAMPLING = {
  '/GetSamplingRules': { NextToken: null, SamplingRuleRecords: [] },
  '/SamplingTargets': { LastRuleModification: 0, SamplingTargetDocuments: [], UnprocessedStatistics: [] },
  '/TelemetryRecords': {},
};

function answer(request, body, response) {
  const target = request.headers['x-amz-target'] ?? '';
  const { url } = request;
  if (url === '/v1/traces') {
    const honeycomb = open('honeycomb', body);
    forEachSpanId(inflated(body, request.headers['content-encoding']), (high, low) =>
      honeycomb.addWords(high, low),
    );
    response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 });
    response.end();
  } else if (url === '/v1/logs') {
    response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 });
    response.end();
  } else if (url === '/TraceSegments') {
    const xray = open('aws-xray', body);
    const { TraceSegmentDocuments } = JSON.parse(body);
    for (const document of TraceSegmentDocuments) xray.addText(idIn(document, '"id":"'));
    json(response, { UnprocessedTraceSegments: [] });
  } else if (url in SAMPLING) {
    json(response, SAMPLING[url]);
  } else if (target.endsWith('.PutLogEvents')) {
    const logs = open('aws-cloudwatch-logs', body);
    for (const { message } of JSON.parse(body).logEvents)
      if (message.includes(':access"')) logs.addText(idIn(message, '"spanId":"'));
    json(response, { nextSequenceToken: '0' });
  } else if (url === '/api/1/item/') {
    const { data } = JSON.parse(body);
    open('rollbar', body).addText(data.custom.span_id);
    json(response, { err: 0, result: { id: null, uuid: data.uuid } });
  } else if (target !== '' || request.method === 'GET') json(response, {});
  else throw new Error('no vendor has this endpoint');
}

function open(destination, body) {
  const book = books[destination];
  book.requests += 1;
  book.bodyBytes += body.length;
  return book;
}

/** The first one: both SDKs' and our own documents begin with their own id, before those of subsegments. */
function idIn(text, key) {
  const at = text.indexOf(key);
  if (at < 0) throw new Error(`no ${key} in ${text.slice(0, 200)}`);
  return text.slice(at + key.length, at + key.length + 16);
}

function inflated(body, encoding = 'identity') {
  if (encoding === 'identity') return body;
  if (encoding === 'gzip') return zlib.gunzipSync(body);
  if (encoding === 'zstd' && zlib.zstdDecompressSync) return zlib.zstdDecompressSync(body);
  throw new Error(`content-encoding ${encoding}`);
}

function json(response, value, status = 200) {
  const text = JSON.stringify(value);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, headers);
  response.end(text);
}

process.on('message', ({ arrived, audit }) => {
  if (arrived) {
    const counts = Object.entries(books).map(([destination, book]) => [destination, book.arrived]);
    process.send(Object.fromEntries(counts));
  }
  if (audit) {
    const audits = Object.entries(books).map(([destination, book]) => [
      destination,
      book.audit(audit.items, EXPECTED[audit.kind][destination]),
    ]);
    process.send({ destinations: Object.fromEntries(audits), problems: problems.slice(0, 5) });
  }
});
process.on('disconnect', () => process.exit(0));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
