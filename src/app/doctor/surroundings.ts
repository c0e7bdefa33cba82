// Part of app/doctor: receivers and journal, as the status of the process has them.
import type { Finding } from '../../admin/api/doctor.ts';
import type { Status } from '../../admin/status.ts';
import type { ReceiverId } from '../../model/signals.ts';
import type { LastReceived } from './watched-intake.ts';

export interface SurroundingsOptions {
  status: Status;
  last(receiver: ReceiverId): LastReceived | undefined;
  /** SIDECAST_XRAY_RECEIVE_BUFFER_BYTES. */
  askedBufferBytes: number;
  nowMs: number;
}

const SIZES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

export function examineSurroundings(options: SurroundingsOptions): readonly Finding[] {
  const { status } = options;
  return [...otlp(options), ...xray(options), journal(status), ...deadLetters(status), ...advice(status)];
}

function otlp({ status, last, nowMs }: SurroundingsOptions): Finding[] {
  const where = status.listening.otlp.join(', ');
  const scheme = status.listening.tls?.includes('otlp') ? 'https' : 'http';
  return [
    lastItem('otlp', `listening on ${where}`, last('otlp'), nowMs, {
      what: 'nothing received since the start',
      fix: `Set OTEL_EXPORTER_OTLP_ENDPOINT=${scheme}://<this host>:<port> and OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf in the backend.`,
    }),
    ...refusals('otlp', status.receivers.otlp.refused),
  ];
}

function xray({ status, last, nowMs, askedBufferBytes }: SurroundingsOptions): Finding[] {
  const { kernelDrops, receiveBufferBytes, refused } = status.receivers['aws-xray'];
  const { xrayUdp, xrayTcp } = status.listening;
  const tcp = xrayTcp.length > 0 ? xrayTcp.join(', ') : 'nowhere';
  const findings = [
    lastItem('aws-xray', `listening on UDP ${xrayUdp.join(', ')}, TCP ${tcp}`, last('aws-xray'), nowMs, {
      what: 'nothing received since the start',
      fix: 'Set AWS_XRAY_DAEMON_ADDRESS=<this host>:<port> in a backend with the X-Ray SDK; without one this is as it should be.',
    }),
    ...refusals('aws-xray', refused),
  ];
  if (askedBufferBytes > 0 && receiveBufferBytes < askedBufferBytes)
    findings.push({
      about: 'receivers',
      step: 'udp buffer',
      status: 'warning',
      what: `the kernel gives ${receiveBufferBytes} of the ${askedBufferBytes} bytes asked for`,
      data: 'segments that come faster than they are read for longer than that holds are lost',
      fix: `On the host: sysctl -w net.core.rmem_max=${askedBufferBytes}`,
    });
  if (kernelDrops)
    findings.push({
      about: 'receivers',
      step: 'udp drops',
      status: 'warning',
      what: `the kernel dropped ${kernelDrops} datagrams since the start`,
      data: 'their segments are lost',
      fix: 'Give sidecast more CPU, or raise net.core.rmem_max and SIDECAST_XRAY_RECEIVE_BUFFER_BYTES.',
    });
  return findings;
}

function lastItem(
  step: string,
  where: string,
  last: LastReceived | undefined,
  nowMs: number,
  otherwise: { what: string; fix: string },
): Finding {
  const base = { about: 'receivers', step } as const;
  if (!last) return { ...base, status: 'warning', what: `${where}; ${otherwise.what}`, fix: otherwise.fix };
  const from = last.services.length > 0 ? ` from ${last.services.join(', ')}` : '';
  return { ...base, status: 'ok', what: `${where}; last item ${agoOf(nowMs - last.atMs)} ago${from}` };
}

export function agoOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function refusals(receiver: ReceiverId, refused: Readonly<Record<string, number | undefined>>): Finding[] {
  const codes = Object.entries(refused).map(([code, items]) => `${items} ${code}`);
  if (codes.length === 0) return [];
  return [
    {
      about: 'receivers',
      step: `${receiver} refused`,
      status: 'warning',
      what: `refused since the start: ${codes.join(', ')}`,
      data: 'those are not kept; their sender was told where the protocol can',
      fix: 'Look for the reason code in the log and in the README.',
    },
  ];
}

function journal({ journal: { mode, dir, bytes, maxBytes, reason } }: Status): Finding {
  const base = { about: 'journal', step: 'journal' } as const;
  const room = `${sizeOf(bytes)} of ${sizeOf(maxBytes)} used`;
  if (reason)
    return {
      ...base,
      status: 'failed',
      what: reason.message,
      data:
        mode === 'memory'
          ? 'what is received is in memory only: a restart loses what is not delivered'
          : 'what is received is on the disk of this host',
      fix: reason.fix,
    };
  if (mode !== 'memory') return { ...base, status: 'ok', what: `${dir}, ${room}` };
  return {
    ...base,
    status: 'warning',
    what: `in memory, ${room}`,
    data: 'a restart loses what is not delivered',
    fix: 'Set SIDECAST_DATA_DIR to a directory on a volume, if that is not meant.',
  };
}

function sizeOf(bytes: number): string {
  const step = Math.min(SIZES.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Math.round((10 * bytes) / 1024 ** step) / 10} ${SIZES[step]}`;
}

function deadLetters({ deadLetters: { reason } }: Status): Finding[] {
  if (!reason) return [];
  const data = 'what is refused for good stays queued until they can be written';
  return [
    { about: 'journal', step: 'dead letters', status: 'failed', what: reason.message, data, fix: reason.fix },
  ];
}

function advice({ advice: given }: Status): Finding[] {
  return given.map(({ message, fix }) => ({
    about: 'receivers',
    step: 'advice',
    status: 'warning',
    what: message,
    fix,
  }));
}
