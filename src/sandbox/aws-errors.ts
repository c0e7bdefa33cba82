// Part of the sandbox: how the two AWS protocols word an error, so that the SDK's clients recognise it.
import { randomUUID } from 'node:crypto';
import { type Answer, jsonAnswer } from './vendor.ts';

export interface AwsError {
  status: number;
  code: string;
  message: string;
}

const requestId = () => ({ 'x-amzn-requestid': randomUUID() });

/** X-Ray speaks restJson1: the code is in a header. */
export function restJson(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return jsonAnswer(status, value, { ...requestId(), ...headers });
}

export function restJsonError(error: AwsError, headers: Readonly<Record<string, string>> = {}): Answer {
  return restJson(error.status, { message: error.message }, { 'x-amzn-errortype': error.code, ...headers });
}

/** CloudWatch Logs speaks awsJson1.1: the code is in the body. */
export function awsJson(value: unknown): Answer {
  const body = value === undefined ? '' : JSON.stringify(value);
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1', ...requestId() }, body };
}

export function awsJsonError(error: AwsError, headers: Readonly<Record<string, string>> = {}): Answer {
  const type = { 'content-type': 'application/x-amz-json-1.1' };
  const body = JSON.stringify({ __type: error.code, message: error.message });
  return { status: error.status, headers: { ...type, ...requestId(), ...headers }, body };
}

/** Which error a status stands for; the words for throttling and for a bad request differ between the services. */
export function awsErrorOf(status: number, throttle: AwsError, invalid: string): AwsError {
  if (status === 429) return throttle;
  if (status === 401)
    return { status, code: 'UnrecognizedClientException', message: 'The security token is invalid.' };
  if (status === 403)
    return { status, code: 'AccessDeniedException', message: 'Not authorized to perform this action.' };
  if (status === 413)
    return { status, code: 'RequestEntityTooLargeException', message: 'The request is too large.' };
  if (status === 503)
    return { status, code: 'ServiceUnavailableException', message: 'The service cannot take the request.' };
  if (status >= 500) return { status, code: 'InternalFailure', message: 'The service failed.' };
  return { status, code: invalid, message: 'The request is not valid.' };
}

/** STS, GetCallerIdentity (query protocol): lets `doctor` ask who it is. */
export function callerIdentity(accessKeyId: string): Answer {
  const body = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:user/sandbox</Arn><UserId>${accessKeyId}</UserId><Account>000000000000</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}

export function stsError(error: AwsError): Answer {
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${error.code}</Code><Message>${error.message}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`;
  return { status: error.status, headers: { 'content-type': 'text/xml' }, body };
}
