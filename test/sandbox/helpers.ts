// Part of the tests of the sandbox: requests written by hand, OTLP bytes included, and signed for AWS.
import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import {
  type AwsCredential,
  SANDBOX_AWS_CREDENTIAL,
  SANDBOX_HONEYCOMB_KEY,
  SANDBOX_ROLLBAR_TOKEN,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from '../../src/sandbox/index.ts';
import { signatureOf } from '../../src/sandbox/sigv4.ts';

export async function sandboxForTest(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** A field of wire type 2, by hand. */
export function field(number: number, content: string | Uint8Array | readonly Uint8Array[]): Buffer {
  const bytes = Array.isArray(content) ? Buffer.concat(content) : Buffer.from(content as string | Uint8Array);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

export const TRACE_ID = 'a3bf230346e6b1a744329b6b973fc583';

export const stringAttribute = (key: string, value: string) => [field(1, key), field(2, field(1, value))];

export interface HandSpan {
  spanId: string;
  attributes?: readonly (readonly Uint8Array[])[];
}

/** An ExportTraceServiceRequest of one resource and scope. */
export function traceRequest(spans: readonly HandSpan[]): Buffer {
  const resource = field(1, field(1, stringAttribute('service.name', 'backend-flask')));
  const encoded = spans.map(({ spanId, attributes = [] }) =>
    field(2, [
      field(1, Buffer.from(TRACE_ID, 'hex')),
      field(2, Buffer.from(spanId, 'hex')),
      field(5, 'GET /'),
      ...attributes.map((attribute) => field(9, attribute)),
    ]),
  );
  return field(1, [resource, field(2, encoded)]);
}

export function postToHoneycomb(
  sandbox: Sandbox,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
  path = '/v1/traces',
): Promise<Response> {
  return fetch(`${sandbox.url}${path}`, {
    method: 'POST',
    headers: {
      'x-honeycomb-team': SANDBOX_HONEYCOMB_KEY,
      'content-type': 'application/x-protobuf',
      ...headers,
    },
    body,
  });
}

export interface Signing {
  service: 'xray' | 'logs' | 'sts';
  credential?: AwsCredential;
  /** Sent instead of the body that was signed. */
  sentBody?: string;
  headers?: Readonly<Record<string, string>>;
  atMs?: number;
  leaveUnsigned?: readonly string[];
}

export function postSigned(
  sandbox: Sandbox,
  path: string,
  body: string,
  signing: Signing,
): Promise<Response> {
  const { service, credential = SANDBOX_AWS_CREDENTIAL, atMs = Date.now(), leaveUnsigned = [] } = signing;
  const time = `${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const headers: Record<string, string> = {
    host: new URL(sandbox.url).host,
    'x-amz-date': time,
    'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    ...(credential.sessionToken && { 'x-amz-security-token': credential.sessionToken }),
    ...signing.headers,
  };
  const signed = Object.keys(headers)
    .filter((name) => !leaveUnsigned.includes(name))
    .sort();
  const parts = {
    method: 'POST',
    path,
    query: '',
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.from(body),
  };
  const region = 'us-east-1';
  const { accessKeyId, secretAccessKey } = credential;
  const signature = signatureOf(parts, signed, time, { secretAccessKey, region, service });
  const scope = `${accessKeyId}/${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
  const { host: _host, ...sent } = headers;
  return fetch(`${sandbox.url}${path}`, {
    method: 'POST',
    headers: { ...sent, authorization },
    body: signing.sentBody ?? body,
  });
}

export async function putSegments(sandbox: Sandbox, documents: readonly string[]): Promise<Response> {
  return postSigned(sandbox, '/TraceSegments', JSON.stringify({ TraceSegmentDocuments: documents }), {
    service: 'xray',
    headers: { 'content-type': 'application/json' },
  });
}

export function segment(fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    id: '6a71ab68d7306b7e',
    name: 'backend-flask',
    trace_id: '1-6b00f63f-a3e68852443a73646a96d06c',
    start_time: 1795225151.98,
    end_time: 1795225151.99,
    ...fields,
  });
}

export function callLogs(sandbox: Sandbox, operation: string, body: unknown): Promise<Response> {
  return postSigned(sandbox, '/', JSON.stringify(body), {
    service: 'logs',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Logs_20140328.${operation}` },
  });
}

export const GROUP = { logGroupName: 'cruddur' };
export const STREAM = { ...GROUP, logStreamName: 'backend-flask' };

export async function sandboxWithStream(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await sandboxForTest(options);
  await callLogs(sandbox, 'CreateLogGroup', GROUP);
  await callLogs(sandbox, 'CreateLogStream', STREAM);
  return sandbox;
}

export function postItem(
  sandbox: Sandbox,
  data: unknown,
  headers: Readonly<Record<string, string>> = { 'x-rollbar-access-token': SANDBOX_ROLLBAR_TOKEN },
): Promise<Response> {
  return fetch(`${sandbox.url}/api/1/item/`, { method: 'POST', headers, body: JSON.stringify({ data }) });
}

export const item = (fields: Readonly<Record<string, unknown>> = {}) => ({
  environment: 'production',
  uuid: '5b1bfaa0-e1f5-413e-b90c-ab7a1f97b5b6',
  level: 'error',
  timestamp: 1795225154,
  body: { message: { body: 'Hello World!' } },
  ...fields,
});
