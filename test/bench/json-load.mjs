// Part of the tests: a process that posts a large OTLP/JSON body of log records each second, until it is asked how that went.
import http from 'node:http';

const EVERY_MS = 1000;

process.once('message', ({ port, bytes }) => {
  const body = bodyOf(bytes);
  const statuses = {};
  const post = () => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const options = { host: '127.0.0.1', port, path: '/v1/logs', method: 'POST', headers };
    const count = (what) => {
      statuses[what] = (statuses[what] ?? 0) + 1;
    };
    const request = http.request(options, (response) => {
      response.resume();
      response.once('end', () => count(response.statusCode));
    });
    request.once('error', ({ code }) => count(code));
    request.end(body);
  };
  post();
  const timer = setInterval(post, EVERY_MS);
  process.once('message', () => {
    clearInterval(timer);
    process.send({ statuses, bytes: body.length });
  });
});

function bodyOf(bytes) {
  const record = (index) => ({
    timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: `served request ${index} of /api/activities/home` },
    attributes: Array.from({ length: 8 }, (_, at) => ({
      key: `attribute.number.${at}`,
      value: { stringValue: `value ${index} ${at} ${'x'.repeat(60)}` },
    })),
  });
  const one = JSON.stringify(record(1_000_000)).length + 1;
  const logRecords = Array.from({ length: Math.floor(bytes / one) }, (_, index) => record(1_000_000 + index));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'backend-flask' } }] };
  const scopeLogs = [{ scope: { name: 'app' }, logRecords }];
  return Buffer.from(JSON.stringify({ resourceLogs: [{ resource, scopeLogs }] }));
}
