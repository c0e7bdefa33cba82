// Part of the tests: requests as an instrumented backend tells them, over OTLP/JSON.
import { randomBytes } from 'node:crypto';

export interface ToldRequest {
  route?: string;
  status?: number;
  tookMs?: number;
  userId?: string;
  service?: string;
  /** Ends in an exception. */
  fails?: boolean;
  /** Further attributes. */
  more?: Readonly<Record<string, string>>;
}

/** Sends the spans of one request, and resolves to its trace id once they are acknowledged. */
export async function tell(otlpUrl: string, request: ToldRequest = {}): Promise<string> {
  const {
    route = '/api/home',
    status = 200,
    tookMs = 24,
    userId,
    service = 'backend-flask',
    fails,
    more,
  } = request;
  const traceId = randomBytes(16).toString('hex');
  const [root, query] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
  const startMs = Date.now() - Math.ceil(tookMs);
  const at = (ms: number) => String(BigInt(startMs) * 1_000_000n + BigInt(Math.round(ms * 1e6)));
  const spans = [
    {
      traceId,
      spanId: root,
      name: `GET ${route}`,
      kind: 2,
      startTimeUnixNano: at(0),
      endTimeUnixNano: at(tookMs),
      attributes: attributes({
        'http.request.method': 'GET',
        'http.route': route,
        'http.response.status_code': fails ? 500 : status,
        ...(userId && { 'user.id': userId }),
        ...more,
      }),
      status: fails ? { code: 2, message: 'boom' } : {},
      events: fails ? [exceptionAt(at(tookMs / 2))] : [],
    },
    {
      traceId,
      spanId: query,
      parentSpanId: root,
      name: 'SELECT activities',
      kind: 3,
      startTimeUnixNano: at(tookMs * 0.2),
      endTimeUnixNano: at(tookMs * 0.6),
      attributes: attributes({ 'db.system.name': 'postgresql', 'db.query.text': 'SELECT 1' }),
    },
  ];
  const resource = { attributes: attributes({ 'service.name': service }) };
  await post(`${otlpUrl}/v1/traces`, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  return traceId;
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

const exceptionAt = (timeUnixNano: string) => ({
  timeUnixNano,
  name: 'exception',
  attributes: attributes({
    'exception.type': 'ValueError',
    'exception.message': 'no such handle',
    'exception.stacktrace':
      'Traceback (most recent call last):\n  File "/app/boom.py", line 14, in run\n    raise ValueError()\nValueError: no such handle',
  }),
});

const attributes = (values: Readonly<Record<string, string | number>>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
