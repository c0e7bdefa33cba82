// Part of the sandbox: what the X-Ray SDK of the reference backend sends for a request: one datagram with the segment.
import type { Random } from '../../model/clock.ts';
import { type BackendRequest, hexId } from './requests.ts';

const HEADER = '{"format":"json","version":1}\n';
/** The X-Ray middleware starts just after the OTel one (measured: about 0.15 ms). */
const START_DELAY_MS = 0.15;

export function datagramOf(request: BackendRequest, random: Random): string {
  const { segmentId: id, xrayTraceId, status, durationMs } = request;
  const startMs = request.startMs + START_DELAY_MS;
  const segment = {
    id,
    name: 'backend-flask',
    start_time: startMs / 1000,
    in_progress: false,
    http: {
      request: {
        url: `http://127.0.0.1:4567${request.path}`,
        method: request.method,
        user_agent: 'curl/7.88.1',
        client_ip: '127.0.0.1',
      },
      response: { status, content_length: 335 },
    },
    ...(request.route === 'handle' && {
      annotations: { handle: request.userId },
      metadata: { app: { now: new Date(startMs).toISOString() } },
    }),
    aws: { xray: { sdk: 'X-Ray for Python', sdk_version: '2.15.0', sampling_rule_name: 'Sandbox' } },
    ...subsegmentsOf(request, random, startMs),
    trace_id: xrayTraceId,
    service: { runtime: 'CPython', runtime_version: '3.11.7' },
    ...(status >= 500 && { fault: true }),
    ...(status === 404 && { error: true }),
    end_time: (startMs + durationMs) / 1000,
  };
  return HEADER + JSON.stringify(segment);
}

function subsegmentsOf(request: BackendRequest, random: Random, startMs: number): object {
  const part = (name: string, from: number, to: number, namespace: 'local' | 'remote', extra: object) => ({
    id: hexId(random, 16),
    name,
    start_time: (startMs + request.durationMs * from) / 1000,
    parent_id: request.segmentId,
    in_progress: false,
    ...extra,
    trace_id: request.xrayTraceId,
    type: 'subsegment',
    namespace,
    end_time: (startMs + request.durationMs * to) / 1000,
  });
  switch (request.route) {
    case 'handle': {
      const annotations = { user_id: request.userId, count: 3, ok: true };
      const metadata = { default: { results: { 'results-size': 3 } } };
      const mock = part('mock-data', 0.1, 0.5, 'local', { annotations, metadata });
      return { subsegments: [mock, part('with-sub', 0.5, 0.9, 'local', { annotations: { inner: 'yes' } })] };
    }
    case 'outgoing': {
      const http = {
        request: { method: 'get', url: 'http://upstream:4577/upstream' },
        response: { status: 200 },
      };
      return { subsegments: [part('upstream', 0.05, 0.95, 'remote', { http })] };
    }
    case 'boom': {
      const id = hexId(random, 16);
      const message = `boom: something went wrong for ${request.userId}`;
      const stack = [{ path: 'app.py', line: 132, label: 'boom' }];
      const exceptions = [{ id, message, type: 'ValueError', remote: false, stack }];
      const cause = { working_directory: '/app', exceptions };
      // The segment points at the exception of its subsegment, by a bare id.
      return { cause: id, subsegments: [part('before-boom', 0.1, 0.4, 'local', { cause, fault: true })] };
    }
    default:
      return {};
  }
}
