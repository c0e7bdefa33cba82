// Part of the tests: export requests with the spans of a Flask backend, about 317 bytes each. Made once, filled for each request.

import { SPANS_PER_TRACE, spanFails } from './expected.mjs';
import { idText, idWords, seededRandom, traceWords } from './ids.mjs';
import { message } from './protobuf.mjs';

const RESOURCE = {
  'telemetry.sdk.language': 'python',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '1.38.0',
  'service.name': 'backend-flask',
  'host.name': 'backend-1',
  'process.pid': 1,
};
const REQUEST = {
  'http.method': 'GET',
  'http.server_name': '0.0.0.0',
  'http.scheme': 'http',
  'net.host.port': 4567,
  'http.host': 'localhost:4567',
  'http.target': '/api/activities/home',
  'net.peer.ip': '172.18.0.1',
  'http.user_agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  'http.flavor': '1.1',
  'http.route': '/api/activities/home',
};
const QUERY = {
  'db.system': 'postgresql',
  'db.name': 'cruddur',
  'db.statement': 'SELECT * FROM activities WHERE expires_at > now() ORDER BY created_at DESC LIMIT 20',
  'net.peer.name': 'db',
  'net.peer.port': 5432,
};
const EXCEPTION = {
  'exception.type': 'ValueError',
  'exception.message': 'boom',
  'exception.stacktrace': [
    'Traceback (most recent call last):',
    '  File "/usr/local/lib/python3.11/site-packages/flask/app.py", line 1484, in full_dispatch_request',
    '    rv = self.dispatch_request()',
    '  File "/app/app.py", line 131, in data_home',
    '    data = HomeActivities.run()',
    '  File "/app/services/home_activities.py", line 14, in run',
    '    raise ValueError("boom")',
    'ValueError: boom',
    '',
  ].join('\n'),
  'exception.escaped': 'False',
};
const KIND = { internal: 1, server: 2, client: 3 };
const ERROR = 2;
const NS_PER_MS = 1_000_000;

/** Items `first` … `first + count - 1`. `varied`: each span has an attribute whose value no other has. */
export function requestTemplate(first, count, seed, varied = false) {
  const random = seededRandom(seed);
  const flask = message().message(
    1,
    message().text(1, 'opentelemetry.instrumentation.flask').text(2, '0.59b0'),
  );
  const app = message().message(1, message().text(1, 'home.activities'));
  for (let offset = 0; offset < count; offset += 1) {
    const place = (first + offset) % SPANS_PER_TRACE;
    const one = span(first + offset, offset, place, random);
    if (varied)
      one.message(
        9,
        message()
          .text(1, 'request.id')
          .message(2, message().id(1, 16, 'text', offset)),
      );
    (place === 0 ? flask : app).message(2, one);
  }
  const spans = message().message(1, message().attributes(1, RESOURCE)).message(2, flask).message(2, app);
  const request = message().message(1, spans);
  const bytes = request.bytes();
  return {
    /** The same spans as items `base` and on; `base` and `first` fail in the same places. */
    fill(base, nowMs) {
      for (const mark of request.marks) fillMark(bytes, mark, base, nowMs);
      return bytes;
    },
  };
}

function span(index, offset, place, random) {
  const startNs = Math.floor(-90 * NS_PER_MS * random());
  const endNs = startNs + Math.floor(NS_PER_MS * (3 + 30 * random()));
  const one = message().id(1, 16, 'trace', offset).id(2, 8, 'span', offset);
  if (place > 0) one.id(4, 8, 'span', offset - place);
  const name = ['GET /api/activities/home', 'home-activities-mock-data', 'SELECT cruddur'][place];
  const kind = [KIND.server, KIND.internal, KIND.client][place];
  one.text(5, name).integer(6, kind).time(7, startNs).time(8, endNs);
  if (place === 1) {
    const user = `user-${Math.floor(random() * 10_007)}`;
    one.attributes(9, { 'app.now': '2026-11-20T10:00:00+00:00', 'app.result_length': 3, 'user.id': user });
  } else if (place === 2) one.attributes(9, QUERY);
  else if (spanFails(index)) {
    one.attributes(9, { ...REQUEST, 'http.status_code': 500 });
    one.message(11, message().time(1, endNs).text(2, 'exception').attributes(3, EXCEPTION));
    one.message(15, message().text(2, 'ValueError: boom').integer(3, ERROR));
  } else one.attributes(9, { ...REQUEST, 'http.status_code': 200 });
  return one;
}

function fillMark(bytes, { at, kind, index }, base, nowMs) {
  if (kind === 'span') idWords(base + index).forEach((word, i) => void bytes.writeUInt32BE(word, at + 4 * i));
  else if (kind === 'text') bytes.write(idText(base + index), at, 'latin1');
  else if (kind === 'trace') {
    // X-Ray wants the second of its birth in the first four bytes.
    bytes.writeUInt32BE(Math.floor(nowMs / 1000), at);
    const trace = Math.floor((base + index) / SPANS_PER_TRACE);
    traceWords(trace).forEach((word, i) => void bytes.writeUInt32BE(word, at + 4 + 4 * i));
  } else bytes.writeBigUInt64LE(BigInt(Math.floor(nowMs)) * 1_000_000n + BigInt(index), at);
}
