// Part of receivers/otlp: what users may set.
import { bytes, list, type Options, secret } from '../../config/option.ts';

export const options = {
  maxRequestBytes: {
    env: 'SIDECAST_MAX_REQUEST_BYTES',
    yaml: 'otlp.max_request_bytes',
    schema: bytes(),
    // What the collector takes by default; the specification recommends up to 64 MiB.
    fallback: '20MiB',
    summary:
      'Largest OTLP request, in bytes, both as received and decompressed; larger ones are answered with 413.',
    example: '20MiB',
  },
  corsOrigins: {
    env: 'SIDECAST_CORS_ORIGINS',
    yaml: 'otlp.cors_origins',
    schema: list(),
    summary:
      'Origins of web pages that may send OTLP, separated by commas; * stands for any text within one.',
    example: 'https://app.example.com,http://localhost:*',
  },
  ingestToken: {
    env: 'SIDECAST_INGEST_TOKEN',
    yaml: 'otlp.ingest_token',
    schema: secret(),
    secret: true,
    summary: 'Bearer token that OTLP clients must present; without one, none is asked for.',
    example: 'set OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer <token>" in the app',
  },
} satisfies Options;
