// Part of app: TLS on the ports: the certificate at the start, at each SIGHUP, and what is said of it.
import { renderProblem } from '../config/problems.ts';
import type { Clock } from '../model/clock.ts';
import type { ListenerTls, TlsListener } from '../model/listener-tls.ts';
import type { LogLine } from '../telemetry/logger.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import type { AppConfig } from './options.ts';

export interface Tls {
  /** Which ports have it. */
  listeners: readonly TlsListener[];
  of(listener: TlsListener): ListenerTls | undefined;
  /** Reads the files again; what was in force stays so when they cannot be used. */
  renew(): void;
}

/** Certificates that renew themselves do so a month ahead: what has less than this left was forgotten. */
const SOON_MS = 14 * 24 * 3_600_000;

/** What a client's side says when no connection came about, as far as there is something to be done. */
const FIXES: readonly (readonly [code: RegExp, fix: string])[] = [
  [/HTTP_REQUEST/, 'The client speaks plain HTTP: give it an address with https://.'],
  [
    /UNKNOWN_CA|CERTIFICATE_UNKNOWN|BAD_CERTIFICATE/,
    'The client does not trust the certificate: give it the authority (OTEL_EXPORTER_OTLP_CERTIFICATE), or one that it knows.',
  ],
  [/APPLICATION_PROTOCOL/, 'A gRPC exporter: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf in the app.'],
  [/WRONG_VERSION_NUMBER/, 'The client speaks no TLS, and no HTTP/1 either: perhaps a gRPC exporter.'],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION/, 'The client knows nothing newer than TLS 1.1.'],
];

/** Throws what `sidecast validate` says. */
export function createTls(config: AppConfig['tls'], clock: Clock, log: LogLine): Tls {
  const { certificate, problems } = readCertificate(config);
  if (problems.length > 0)
    throw new Error(`nothing listens, because TLS was asked for: ${problems.map(renderProblem).join(' ')}`);
  const listeners = certificate ? (config.listeners.split(',') as TlsListener[]) : [];
  const followers = new Set<Parameters<ListenerTls['follow']>[0]>();
  let current = certificate;

  function report({ subject, validTo }: Certificate): void {
    const left = validTo.getTime() - clock.now();
    const state = left <= 0 ? 'has expired: clients refuse it' : 'expires soon';
    const fields = { subject: subject.replaceAll('\n', ', '), validTo: validTo.toISOString() };
    if (left > SOON_MS) log('info', 'tls_certificate', 'the certificate of the ports', fields);
    else
      log('warn', 'tls_certificate', `the certificate of the ports ${state}`, {
        ...fields,
        fix: 'Renew the files of SIDECAST_TLS_CERT_FILE and SIDECAST_TLS_KEY_FILE, and send SIGHUP.',
      });
  }

  const explained = new Set<string>();
  function explain(listener: TlsListener, code: string): void {
    if (explained.has(`${listener} ${code}`)) return;
    explained.add(`${listener} ${code}`);
    const fix = FIXES.find(([pattern]) => pattern.test(code))?.[1];
    log('warn', 'tls_refused', 'a client and a port with TLS do not agree: nothing of it is received', {
      listener,
      code,
      ...(fix ? { fix } : {}),
    });
  }

  if (current) report(current);
  return {
    listeners,
    of(listener) {
      if (!listeners.includes(listener)) return undefined;
      return {
        current: () => current?.context ?? {},
        follow: (server) => void followers.add(server),
        onHandshakeFailed: (code) => explain(listener, code),
      };
    },
    renew() {
      const found = readCertificate(config);
      if (found.certificate) {
        current = found.certificate;
        for (const server of followers) server.setSecureContext(current.context);
        report(current);
      } else if (found.problems.length > 0)
        log('error', 'tls_certificate', 'the certificate in force stays: the one read again cannot be used', {
          problems: found.problems.map(renderProblem),
          fix: 'Correct the files, and send SIGHUP again.',
        });
    },
  };
}
