// Part of the tests: which items of the benchmark's loads belong to which destination. Generators, sink and report agree through this.

/** A trace of the OTLP load: the request, an internal span, a query. */
export const SPANS_PER_TRACE = 3;
const isServer = (index) => index % SPANS_PER_TRACE === 0;
/** About one span in a hundred carries an exception, always that of the request. */
const TRACES_PER_FAILURE = 33;
export const spanFails = (index) => isServer(index) && (index / SPANS_PER_TRACE) % TRACES_PER_FAILURE === 0;

const SEGMENTS_PER_FAILURE = 100;
export const segmentFails = (index) => index % SEGMENTS_PER_FAILURE === 0;

const every = () => true;

export const EXPECTED = {
  otlp: {
    honeycomb: every,
    'aws-xray': every,
    'aws-cloudwatch-logs': isServer,
    rollbar: spanFails,
  },
  udp: {
    honeycomb: every,
    'aws-xray': every,
    'aws-cloudwatch-logs': every,
    rollbar: segmentFails,
  },
};
