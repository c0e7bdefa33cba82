// Part of the tests: segments of the X-Ray SDK for Python, 1 to 2 KB a datagram. Texts are made once, ids and times put in for each.
import { segmentFails } from './expected.mjs';
import { idText, seededRandom, traceWords, word8 } from './ids.mjs';

const HEADER = '{"format":"json","version":1}\n';
const MIN_BYTES = 1000;
const MAX_BYTES = 2000;
const VARIANTS = 64;
const FILLER = 'SELECT uuid, handle, message FROM activities WHERE expires_at > now() ';
/** Characters that JSON leaves as they are, and that no text of a segment holds. */
const HOLE = { id: '~i~', sub: '~s~', cause: '~c~', trace: '~t~', start: '"~b~"', end: '"~e~"' };

export function segmentWriter(seed) {
  const random = seededRandom(seed);
  const variants = { true: [], false: [] };
  for (const fails of [true, false])
    for (let i = 0; i < VARIANTS; i += 1) variants[fails].push(variant(fails, random));
  return (index, nowMs) => {
    const fails = segmentFails(index);
    const pieces = variants[fails][index % VARIANTS];
    const id = idText(index);
    const second = nowMs / 1000;
    const values = {
      [HOLE.id]: id,
      // No ids of segments: the sink knows those by their first half.
      [HOLE.sub]: inverted(id) + id.slice(8),
      [HOLE.cause]: inverted(id) + inverted(id),
      [HOLE.trace]: `1-${word8(Math.floor(second))}-${traceWords(index).map(word8).join('')}`,
      [HOLE.start]: (second - 0.02).toFixed(7),
      [HOLE.end]: second.toFixed(7),
    };
    let text = '';
    for (const piece of pieces) text += values[piece] ?? piece;
    return Buffer.from(text);
  };
}

const inverted = (id) => word8(~Number.parseInt(id.slice(0, 8), 16) >>> 0);

/** The text, cut at its holes. */
function variant(fails, random) {
  const bytes = MIN_BYTES + random() * (MAX_BYTES - MIN_BYTES);
  const bare = textOf(fails, '');
  const grown = textOf(
    fails,
    FILLER.repeat(Math.ceil(bytes / FILLER.length)).slice(0, Math.max(0, bytes - bare.length)),
  );
  return grown.split(new RegExp(`(${Object.values(HOLE).join('|')})`));
}

function textOf(fails, filler) {
  const { id, sub, cause, trace, start, end } = HOLE;
  const times = { start_time: start.slice(1, -1), end_time: end.slice(1, -1), in_progress: false };
  const stack = [{ path: 'app.py', line: 131, label: 'data_home' }];
  const exceptions = [{ id: cause, message: 'boom', type: 'ValueError', remote: false, stack }];
  const segment = {
    id,
    name: 'backend-flask',
    ...times,
    trace_id: trace,
    http: {
      request: {
        url: 'http://localhost:4567/api/activities/home',
        method: 'GET',
        client_ip: '172.18.0.1',
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
      },
      response: { status: fails ? 500 : 200, content_length: 1234 },
    },
    aws: { xray: { sdk: 'X-Ray for Python', sdk_version: '2.15.0', sampling_rule_name: 'Default' } },
    service: { runtime: 'CPython', runtime_version: '3.11.7' },
    annotations: { route: '/api/activities/home' },
    metadata: { default: { statement: filler } },
    ...(fails && { fault: true, cause: { working_directory: '/app', exceptions } }),
    subsegments: [
      { id: sub, name: 'home-activities-mock-data', ...times, type: 'subsegment', namespace: 'local' },
    ],
  };
  return HEADER + JSON.stringify(segment);
}
