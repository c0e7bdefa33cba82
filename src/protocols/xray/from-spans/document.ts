// Part of protocols/xray: the document that a span becomes. Members that are undefined are not written.

export interface XRayDocument {
  name: string;
  id: string;
  /** An embedded subsegment has none. */
  trace_id: string | undefined;
  parent_id: string | undefined;
  type: 'subsegment' | undefined;
  namespace: 'aws' | 'remote' | undefined;
  start_time: number;
  end_time: number | undefined;
  in_progress: true | undefined;
  fault: true | undefined;
  error: true | undefined;
  throttle: true | undefined;
  user: string | undefined;
  origin: string | undefined;
  http: HttpBlock | undefined;
  aws: Readonly<Record<string, unknown>> | undefined;
  sql: SqlBlock | undefined;
  service: Readonly<Record<string, unknown>> | undefined;
  cause: CauseBlock | undefined;
  links: readonly LinkBlock[] | undefined;
  annotations: Record<string, Scalar> | undefined;
  metadata: Record<string, Readonly<Record<string, unknown>>> | undefined;
  subsegments: readonly XRayDocument[] | undefined;
}

export type Scalar = string | number | boolean;

export interface HttpBlock {
  request: {
    method: string | undefined;
    url: string | undefined;
    user_agent: string | undefined;
    client_ip: string | undefined;
    x_forwarded_for: true | undefined;
  };
  response: { status: number | undefined; content_length: number | undefined } | undefined;
}

export interface SqlBlock {
  url: string | undefined;
  connection_string: string | undefined;
  database_type: string;
  sanitized_query: string | undefined;
  user: string | undefined;
}

export interface StackFrame {
  path: string;
  line: number;
  label: string;
}

export interface ExceptionBlock {
  id: string;
  type: string | undefined;
  message: string;
  remote: true | undefined;
  truncated: number | undefined;
  cause: string | undefined;
  /** Newest call first. */
  stack: readonly StackFrame[] | undefined;
}

export interface CauseBlock {
  exceptions: ExceptionBlock[];
}

export interface LinkBlock {
  trace_id: string;
  id: string;
  attributes: unknown;
}
