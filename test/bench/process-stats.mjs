// Part of the tests: what the kernel says of a process and its sockets.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User and system time of all its threads (workers too) and of the children it has waited for. */
export function cpuMicroseconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in parentheses, which may hold anything; utime is the 14th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

export function peakMemoryBytes(pid) {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

/** Datagrams that the kernel threw away because a socket on this port was full. */
export function kernelDrops(port) {
  return udpSockets(port).reduce((drops, fields) => drops + Number(fields.at(-1)), 0);
}

export function hasUdpSocket(port) {
  return udpSockets(port).length > 0;
}

/** The fields of their lines. */
function udpSockets(port) {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = ['/proc/net/udp', '/proc/net/udp6'].flatMap((table) =>
    readFileSync(table, 'utf8').split('\n'),
  );
  return lines.map((line) => line.trim().split(/\s+/)).filter((fields) => fields[1]?.endsWith(local));
}
