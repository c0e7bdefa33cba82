// Part of the tests: what the benchmark measures.

const ALL = ['honeycomb', 'aws-xray', 'aws-cloudwatch-logs', 'rollbar'];
/** The SDKs' default batch is 512; Flask's exporter sends one more when a request ends meanwhile. */
const SDK_BATCH = 513;
const DEFAULT_SECONDS = 20;
const RATE = 5000;

/** `seconds`: of UDP. `requests`: of OTLP; without it, as many as each case has. */
export function casesFor({ seconds: forSeconds = DEFAULT_SECONDS, requests } = {}) {
  const cases = [
    {
      ...otlp('otlp-honeycomb-513', 'OTLP → Honeycomb, 513 spans a request', SDK_BATCH, 1950, ['honeycomb']),
      peer: { compression: 'zstd' },
    },
    compressed('gzip', 'gzip'),
    compressed('none', 'nothing compressed'),
    {
      ...otlp('otlp-honeycomb-20', 'OTLP → Honeycomb, 20 spans a request', 20, 10_000, ['honeycomb']),
      peer: {},
    },
    {
      ...otlp('otlp-honeycomb-fsync', 'OTLP → Honeycomb, fsync', SDK_BATCH, 1000, ['honeycomb']),
      env: { SIDECAST_JOURNAL_FSYNC: 'always' },
      peer: { queue: 'fsync' },
    },
    besideAws(otlp('otlp-xray', 'OTLP → X-Ray, 513 spans a request', SDK_BATCH, 585, ['aws-xray'])),
    besideAws(
      varied(otlp('otlp-xray-varied', 'OTLP → X-Ray, no two spans alike', SDK_BATCH, 585, ['aws-xray'])),
    ),
    besideAws(
      otlp('otlp-honeycomb-xray', 'OTLP → Honeycomb and X-Ray', SDK_BATCH, 585, ['honeycomb', 'aws-xray']),
    ),
    otlp('otlp-all', 'OTLP → all four, 513 spans a request', SDK_BATCH, 585, ALL),
    paced('recent-on', 'OTLP → Honeycomb, 10,000 spans/s, as it comes', {}),
    paced('recent-off', 'OTLP → Honeycomb, 10,000 spans/s, nothing kept for the page', {
      SIDECAST_RECENT_BYTES: '0',
    }),
    redacting('redact-on', 'OTLP → Honeycomb, clean, redaction on', 'mask'),
    redacting('redact-off', 'OTLP → Honeycomb, clean, redaction off', 'off'),
    besideAws(udp('udp-xray', 'UDP → X-Ray, 5,000/s', forSeconds, ['aws-xray'])),
    besideAws(udp('udp-xray-20k', 'UDP → X-Ray, 20,000/s', forSeconds / 4, ['aws-xray'], {}, 4 * RATE)),
    besideAws(
      udp('udp-honeycomb-xray', 'UDP → X-Ray and Honeycomb, 5,000/s', forSeconds, ['honeycomb', 'aws-xray']),
    ),
    udp('udp-all', 'UDP → all four, 5,000/s', forSeconds, ALL),
    besideAws(
      udp('udp-kernel-buffer', "UDP → X-Ray, 5,000/s, kernel's buffer", forSeconds, ['aws-xray'], {
        SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: '0',
      }),
    ),
  ];
  return requests === undefined
    ? cases
    : cases.map((one) => (one.kind === 'otlp' ? cut(one, requests) : one));
}

function cut(one, requests) {
  const load = { ...one.load, requests };
  return { ...one, load, items: load.spansPerRequest * requests };
}

function otlp(name, title, spansPerRequest, requests, destinations) {
  const load = { spansPerRequest, requests, concurrency: 4 };
  return { name, title, kind: 'otlp', items: spansPerRequest * requests, load, destinations, env: {} };
}

/** Two of three spans of the load recur but for ids and times, as queries do, and that is cheaper: here none does. */
const varied = (one) => ({ ...one, load: { ...one.load, varied: true } });

/** The Collector takes the kernel's buffer for UDP, whatever there is. */
const besideAws = (one) => ({ ...one, peer: { aws: true } });

function compressed(compression, words) {
  const one = otlp(`otlp-honeycomb-${compression}`, `OTLP → Honeycomb, ${words}`, SDK_BATCH, 1950, [
    'honeycomb',
  ]);
  return { ...one, env: { HONEYCOMB_COMPRESSION: compression }, peer: { compression } };
}

/** What it costs to look for secrets where there are none; run the two in turns. */
function redacting(name, title, mode) {
  const one = otlp(name, title, SDK_BATCH, 1000, ['honeycomb']);
  return { ...one, env: { SIDECAST_REDACT: mode } };
}

/** What the page costs, at the rate that the issue names. */
function paced(name, title, env) {
  const one = otlp(name, title, SDK_BATCH, 600, ['honeycomb']);
  return { ...one, load: { ...one.load, rate: 10_000 }, env };
}

function udp(name, title, seconds, destinations, env = {}, rate = RATE) {
  const items = Math.round(rate * seconds);
  return { name, title, kind: 'udp', items, load: { rate, segments: items }, destinations, env };
}
