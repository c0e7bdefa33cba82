// Part of app: the options of TLS on the ports.
import { choice, type Options, text } from '../config/option.ts';

export const options = {
  certFile: {
    env: 'SIDECAST_TLS_CERT_FILE',
    schema: text(),
    summary:
      'File (PEM) with the certificate and its chain, for HTTPS on the ports of SIDECAST_TLS_LISTENERS; without one they speak HTTP. SIGHUP reads it again.',
    example: '/etc/sidecast/tls.crt',
  },
  keyFile: {
    env: 'SIDECAST_TLS_KEY_FILE',
    schema: text(),
    summary: 'File (PEM, not encrypted) with the private key of SIDECAST_TLS_CERT_FILE.',
    example: '/etc/sidecast/tls.key',
  },
  listeners: {
    env: 'SIDECAST_TLS_LISTENERS',
    schema: choice('otlp,admin', 'otlp', 'admin'),
    fallback: 'otlp,admin',
    summary:
      'With SIDECAST_TLS_CERT_FILE: which ports speak HTTPS, and only that. X-Ray SDKs know no TLS, so port 2000 has none.',
  },
} satisfies Options;
