// Part of the sandbox: the requests that the reference backend gets, in made-up times.
import type { Random } from '../../model/clock.ts';

export type Route = 'home' | 'handle' | 'outgoing' | 'health' | 'boom' | 'missing';

export interface BackendRequest {
  route: Route;
  method: 'GET';
  /** The path pattern, absent where no route matched. */
  pattern: string | undefined;
  path: string;
  status: number;
  userId: string;
  clientPort: number;
  startMs: number;
  durationMs: number;
  /** Of the OTel trace. The X-Ray SDK makes its own id: the two are unrelated. */
  traceId: string;
  serverSpanId: string;
  xrayTraceId: string;
  segmentId: string;
}

/** In percent. */
const SHARES: readonly [route: Route, share: number][] = [
  ['home', 45],
  ['handle', 20],
  ['outgoing', 15],
  ['health', 10],
  ['boom', 6],
  ['missing', 4],
];

const PATTERNS: Readonly<Record<Route, string | undefined>> = {
  home: '/api/activities/home',
  handle: '/api/activities/@<string:handle>',
  outgoing: '/api/outgoing',
  health: '/api/health-check',
  boom: '/api/boom',
  missing: undefined,
};

const USERS = ['andrewbrown', 'bayko', 'worf', 'londo', 'g-kar'];
const DURATIONS_MS: Readonly<Record<Route, number>> = {
  home: 12,
  handle: 8,
  outgoing: 45,
  health: 1,
  boom: 15,
  missing: 1,
};

export function makeRequest(random: Random, startMs: number): BackendRequest {
  const route = pickRoute(random() * 100);
  const userId = USERS[Math.floor(random() * USERS.length)] ?? 'andrewbrown';
  const pattern = PATTERNS[route];
  const seconds = Math.floor(startMs / 1000)
    .toString(16)
    .padStart(8, '0');
  return {
    route,
    method: 'GET',
    pattern,
    path: pattern?.replace('<string:handle>', userId) ?? '/nope',
    status: route === 'boom' ? 500 : route === 'missing' ? 404 : 200,
    userId,
    clientPort: 40_000 + Math.floor(random() * 20_000),
    startMs,
    durationMs: DURATIONS_MS[route] * (0.5 + random()),
    traceId: hexId(random, 32),
    serverSpanId: hexId(random, 16),
    xrayTraceId: `1-${seconds}-${hexId(random, 24)}`,
    segmentId: hexId(random, 16),
  };
}

function pickRoute(point: number): Route {
  let reached = 0;
  for (const [route, share] of SHARES) {
    reached += share;
    if (point < reached) return route;
  }
  return 'home';
}

/** Never all zeros, which OTLP reads as absent. */
export function hexId(random: Random, digits: number): string {
  let id = '';
  while (id.length < digits)
    id += Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0');
  return /^0+$/.test(id) ? `${id.slice(1)}1` : id;
}

/** The exception of the failing route, with the stack that Python's SDK writes. */
export function exceptionOf(request: BackendRequest, where: 'view' | 'middleware'): Record<string, string> {
  const message = `boom: something went wrong for ${request.userId}`;
  const frames = where === 'middleware' ? [...MIDDLEWARE_FRAMES, VIEW_FRAME] : [CONTEXT_FRAME, VIEW_FRAME];
  return {
    'exception.type': 'ValueError',
    'exception.message': message,
    'exception.stacktrace': `Traceback (most recent call last):\n${frames.join('')}ValueError: ${message}\n`,
    'exception.escaped': 'False',
  };
}

const frame = (file: string, line: number, method: string, code: string) =>
  `  File "${file}", line ${line}, in ${method}\n    ${code}\n`;

const PACKAGES = '/usr/local/lib/python3.11/site-packages';
const VIEW_FRAME = frame(
  '/app/app.py',
  132,
  'boom',
  'raise ValueError("boom: something went wrong for " + user)',
);
const CONTEXT_FRAME = frame(`${PACKAGES}/opentelemetry/trace/__init__.py`, 602, 'use_span', 'yield span');
const MIDDLEWARE_FRAMES = [
  CONTEXT_FRAME,
  frame(`${PACKAGES}/flask/app.py`, 1511, 'wsgi_app', 'response = self.full_dispatch_request()'),
  frame(`${PACKAGES}/flask/app.py`, 919, 'full_dispatch_request', 'rv = self.handle_user_exception(e)'),
];
