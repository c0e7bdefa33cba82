// Part of the page: what to set so that something arrives: with the addresses that are really listened on.
import type { Listening } from '../../../telemetry/events.ts';

export interface Snippet {
  id: string;
  title: string;
  text: string;
}

/** The name of the service in the compose file that sidecast comes with. */
const SERVICE = 'sidecast';

export function snippetsFor(listening: Listening, pageHost: string): Snippet[] {
  const otlp = portOf(listening.otlp);
  const scheme = listening.tls?.includes('otlp') ? 'https' : 'http';
  const xray = portOf(listening.xrayUdp);
  const isOpen = [...listening.otlp, ...listening.xrayUdp].some((address) =>
    /^(?:0\.0\.0\.0|\[::\]):/.test(address),
  );
  const local = hostFor(listening.otlp, pageHost);
  const inCompose: Snippet[] = [
    ...(otlp
      ? [
          {
            id: 'compose-otlp',
            title: 'OpenTelemetry SDK, in compose.yaml',
            text: `services:
  backend:
    environment:
      OTEL_EXPORTER_OTLP_ENDPOINT: ${scheme}://${SERVICE}:${otlp}
      OTEL_EXPORTER_OTLP_PROTOCOL: http/protobuf`,
          },
        ]
      : []),
    ...(xray
      ? [
          {
            id: 'compose-xray',
            title: 'X-Ray SDK, in compose.yaml',
            text: `services:
  backend:
    environment:
      AWS_XRAY_DAEMON_ADDRESS: ${SERVICE}:${xray}`,
          },
        ]
      : []),
  ];
  const here: Snippet = {
    id: 'here',
    title: 'A backend on this machine, without a container',
    text: [
      ...(otlp
        ? [
            `export OTEL_EXPORTER_OTLP_ENDPOINT=${scheme}://${local}:${otlp} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
          ]
        : []),
      ...(xray ? [`export AWS_XRAY_DAEMON_ADDRESS=${hostFor(listening.xrayUdp, pageHost)}:${xray}`] : []),
    ].join('\n'),
  };
  const curl: Snippet[] = otlp
    ? [
        {
          id: 'curl',
          title: 'A span from the shell, to see it arrive',
          text: curlFor(`${scheme}://${local}:${otlp}`),
        },
      ]
    : [];
  return isOpen ? [...inCompose, here, ...curl] : [here, ...inCompose, ...curl];
}

function curlFor(endpoint: string): string {
  const span =
    '"name":"hello","kind":2,"traceId":"\'$(od -An -N16 -tx1 /dev/urandom | tr -d " \\n")\'","spanId":"\'$(od -An -N8 -tx1 /dev/urandom | tr -d " \\n")\'","startTimeUnixNano":"\'$(date +%s)000000000\'","endTimeUnixNano":"\'$(date +%s)024000000\'"';
  return `curl ${endpoint}/v1/traces -H 'content-type: application/json' -d '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shell"}}]},"scopeSpans":[{"spans":[{${span}}]}]}]}'`;
}

/** Any address: the name by which the page was reached. */
function hostFor(addresses: readonly string[], pageHost: string): string {
  const host = addresses[0]?.replace(/:\d+$/, '');
  return host === undefined || host === '0.0.0.0' || host === '[::]' ? pageHost : host;
}

export const portOf = (addresses: readonly string[]): string | undefined =>
  /:(\d+)$/.exec(addresses[0] ?? '')?.[1];
