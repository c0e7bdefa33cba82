// Part of telemetry: the log in the X-Ray daemon's form, `<RFC 3339> [Level] message`, with the lines that people look for in it.
// A content is never part of a line: the daemon's own habit of printing it was a leak (aws-xray-daemon issue 61).
import type { LogLevel, LogLine } from './logger.ts';

type Fields = Readonly<Record<string, unknown>>;
interface Line {
  level: LogLevel;
  text: string;
}

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** `now` in the zone of the machine, as Go's `2006-01-02T15:04:05Z07:00` prints it. */
export function createXRayLog(
  minimum: LogLevel,
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): LogLine {
  return (level, event, msg, fields = {}) => {
    for (const line of LINES[event]?.(fields, msg) ?? [{ level, text: plain(msg, fields) }]) {
      if (LEVELS.indexOf(line.level) < LEVELS.indexOf(minimum)) continue;
      write(`${rfc3339(now())} [${capitalized(line.level)}] ${line.text}\n`);
    }
  };
}

/** Events that the daemon has words for; all others say what they say elsewhere. */
const LINES: Readonly<Record<string, (fields: Fields, msg: string) => readonly Line[] | undefined>> = {
  not_started: (_, msg) => [error(msg)],
  command_line: (_, msg) => [warn(msg)],
  starting: ({ version }) => [info(`Initializing AWS X-Ray daemon ${version}`)],
  receive_buffer: ({ askedBytes, bytes }) => bufferLines(Number(askedBytes), Number(bytes)),
  aws_connected: ({ service, region, endpoint }) =>
    service === 'xray'
      ? [info(`Using region: ${region}`), info(`HTTP Proxy server using X-Ray Endpoint : ${endpoint}`)]
      : undefined,
  listening: ({ xrayUdp, xrayTcp, otlp, admin }) => [
    ...addresses(xrayUdp).map((address) => debug(`Listening on UDP ${address}`)),
    ...addresses(xrayTcp).map((address) => info(`Starting proxy http server on ${address}`)),
    info(`Sidecast also listens: OTLP/HTTP on ${shown(otlp)}, page on ${shown(admin)}`),
  ],
  port_unavailable: ({ listener, err }) =>
    listener === 'xrayTcp'
      ? [error(`proxy http server failed to listen: ${inGoWords(new Error(String(err)))}`)]
      : undefined,
  address_skipped: ({ host }) => [debug(`This machine has no address of the family of ${host}`)],
  batch_sent: ({ documents, unprocessed, elapsedMs, reasons }) => {
    const seconds = (Number(elapsedMs) / 1000).toFixed(3);
    if (!unprocessed) return [info(`Successfully sent batch of ${documents} segments (${seconds} seconds)`)];
    const text = `Sent batch of ${documents} segments but had ${unprocessed} Unprocessed segments (${seconds} seconds)`;
    return [info(text), ...addresses(reasons).map((reason) => error(`Unprocessed segment: ${reason}`))];
  },
  destination_blocked: (fields) => (isXRay(fields) ? [error(heldUp(fields))] : undefined),
  destination_retrying: (fields) => (isXRay(fields) ? [error(heldUp(fields))] : undefined),
  journal_evicted: (fields) =>
    isXRay(fields) ? [warn(`Spilling over ${fields['items']} segments (${fields['code']})`)] : undefined,
  datagram_malformed: ({ code, datagrams, peer }) => {
    const what = code === 'bad_header' ? 'Invalid header' : 'Missing header or segment';
    return [warn(`${what}: ${datagrams} datagrams, the last from ${peer}`)];
  },
  datagram_lost: ({ code, datagrams, fix }) => [
    warn(`Segment dropped. Consider increasing memory limit: ${datagrams} segments (${code}). ${fix}`),
  ],
  shutdown: ({ signal }) => [
    info(`Got shutdown signal: ${signal === 'SIGTERM' ? 'terminated' : 'interrupt'}`),
  ],
};

const MIB = 1024 * 1024;
/** The daemon's: each takes one segment. */
const SEGMENT_BUFFER_BYTES = 64 * 1024;

/** `bytes` holds the kernel's bookkeeping too. 0 asked leaves its default. */
function bufferLines(askedBytes: number, bytes: number): readonly Line[] {
  const limit = info(`Using buffer memory limit of ${Math.floor(askedBytes / MIB)} MB`);
  const isShort = bytes < askedBytes;
  const why = ` (the kernel gives ${bytes} bytes: net.core.rmem_max is what it gives at most)`;
  const count = Math.floor(bytes / SEGMENT_BUFFER_BYTES);
  const buffers = info(`${count} segment buffers allocated${isShort ? why : ''}`);
  return askedBytes > 0 ? [limit, buffers] : [buffers];
}

const NO_REGION =
  'Cannot fetch region variable from config file, environment variables, ecs metadata, or ec2 metadata';

function heldUp({ code, reason, fix, queued }: Fields): string {
  const fate = `${queued} segments are kept, more are taken, and all are sent later`;
  if (code === 'not_configured') return `${NO_REGION}. ${fate}. ${fix}`;
  const what =
    code === 'no_credentials' ? 'Unable to retrieve credentials' : 'Sending segment batch failed with';
  return `${what}: ${reason}. ${fate}. ${fix}`;
}

const GO_WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

/** Why a port could not be bound, as the daemon would say it; other failures in their own words. */
export function inGoWords({ message, cause }: Error): string {
  const reason = cause instanceof Error ? cause.message : message;
  const [, call, code = '', address] = /^(bind|listen) (E[A-Z]+)(?::.*)? (\S+)$/.exec(reason) ?? [];
  const words = GO_WORDS[code];
  if (words) return `listen ${call === 'bind' ? 'udp' : 'tcp'} ${address}: bind: ${words}`;
  const [, host] = /^getaddrinfo E[A-Z_]+ (\S+)$/.exec(reason) ?? [];
  return host ? `lookup ${host}: no such host` : message;
}

const isXRay = ({ destination }: Fields) => destination === 'aws-xray';
const debug = (text: string): Line => ({ level: 'debug', text });
const info = (text: string): Line => ({ level: 'info', text });
const warn = (text: string): Line => ({ level: 'warn', text });
const error = (text: string): Line => ({ level: 'error', text });

const addresses = (list: unknown): readonly string[] => (Array.isArray(list) ? list : []);
const shown = (list: unknown) => addresses(list).join(' and ') || 'no port';
const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function plain(msg: string, fields: Fields): string {
  const details = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return details.length > 0 ? `${capitalized(msg)} (${details.join(' ')})` : capitalized(msg);
}

function rfc3339(date: Date): string {
  const offsetMinutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString().slice(0, 19);
  if (offsetMinutes === 0) return `${local}Z`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const minutes = Math.abs(offsetMinutes);
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
