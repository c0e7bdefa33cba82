// Part of aws: error names and statuses as a few kinds, each of which asks for one reaction.

export type AwsErrorKind =
  | 'no_credentials'
  | 'no_region'
  | 'unauthorized'
  | 'forbidden'
  | 'skewed'
  | 'throttled'
  | 'not_found'
  | 'exists'
  | 'too_large'
  | 'invalid'
  | 'unavailable'
  | 'unexpected';

export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly kind: AwsErrorKind;
  /** The vendor's name of the error, '' where there is none. */
  readonly code: string;
  /** 0 where AWS was not asked. */
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
  /** The one thing to do, where that depends on more than the kind. */
  readonly fix: string | undefined;

  constructor(
    kind: AwsErrorKind,
    message: string,
    answer: {
      code?: string;
      status?: number;
      body?: string;
      retryAfterMs?: number | undefined;
      fix?: string | undefined;
    } = {},
  ) {
    super(message);
    this.kind = kind;
    this.code = answer.code ?? '';
    this.status = answer.status ?? 0;
    this.body = answer.body ?? '';
    this.retryAfterMs = answer.retryAfterMs;
    this.fix = answer.fix;
  }

  /** Status, name and message, as far as there are any. */
  get words(): string {
    return [this.status || '', this.code, this.message].filter((part) => part !== '').join(' ');
  }
}

/**
 * Names decide before statuses: CloudWatch Logs throttles with 400, and an expired token is a 400 or a 403. From the errors that all
 * services share (AWS API Reference, Common Errors) and those of PutTraceSegments and PutLogEvents.
 */
const KINDS: Readonly<Record<string, AwsErrorKind>> = {
  ExpiredToken: 'unauthorized',
  ExpiredTokenException: 'unauthorized',
  UnrecognizedClientException: 'unauthorized',
  InvalidClientTokenId: 'unauthorized',
  InvalidSignatureException: 'unauthorized',
  SignatureDoesNotMatch: 'unauthorized',
  IncompleteSignature: 'unauthorized',
  IncompleteSignatureException: 'unauthorized',
  MissingAuthenticationToken: 'unauthorized',
  MissingAuthenticationTokenException: 'unauthorized',
  RequestExpired: 'unauthorized',
  RequestTimeTooSkewed: 'unauthorized',
  AccessDenied: 'forbidden',
  AccessDeniedException: 'forbidden',
  NotAuthorized: 'forbidden',
  OptInRequired: 'forbidden',
  Throttling: 'throttled',
  ThrottledException: 'throttled',
  ThrottlingException: 'throttled',
  RequestThrottled: 'throttled',
  RequestThrottledException: 'throttled',
  RequestLimitExceeded: 'throttled',
  TooManyRequestsException: 'throttled',
  ResourceNotFoundException: 'not_found',
  ResourceAlreadyExistsException: 'exists',
  // Another caller is creating the same thing this moment.
  OperationAbortedException: 'exists',
  InvalidParameterException: 'invalid',
  InvalidRequestException: 'invalid',
  SerializationException: 'invalid',
  ValidationError: 'invalid',
  ValidationException: 'invalid',
  RequestEntityTooLargeException: 'too_large',
  InternalFailure: 'unavailable',
  InternalServerError: 'unavailable',
  InternalServerException: 'unavailable',
  ServiceUnavailable: 'unavailable',
  ServiceUnavailableException: 'unavailable',
  RequestTimeout: 'unavailable',
  RequestTimeoutException: 'unavailable',
};

export function kindOf(code: string, status: number): AwsErrorKind {
  const named = Object.hasOwn(KINDS, code) ? KINDS[code] : undefined;
  if (named) return named;
  if (status === 400) return 'invalid';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 413) return 'too_large';
  if (status === 429) return 'throttled';
  // A redirect or a bare 404 is no answer of AWS: the endpoint is wrong. Data must wait for that to be mended, not be refused.
  return status >= 500 ? 'unavailable' : 'unexpected';
}

/** `x-amzn-errortype` or `__type`: `com.amazonaws.logs#ThrottlingException`, `ThrottledException:http://…`. */
export function readError(
  headers: Readonly<Record<string, string>>,
  body: string,
): { code: string; message: string } {
  let parsed: Readonly<Record<string, unknown>> = {};
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) parsed = value as Record<string, unknown>;
  } catch {
    // Not JSON: a load balancer or a proxy answered. Status and body say what there is to say.
  }
  const named = headers['x-amzn-errortype'] ?? parsed['__type'] ?? parsed['code'] ?? '';
  const code = /^(?:.*#)?([^:#]*)/.exec(String(named))?.[1] ?? '';
  return { code, message: String(parsed['message'] ?? parsed['Message'] ?? '') };
}
