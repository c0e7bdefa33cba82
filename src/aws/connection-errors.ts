// Part of aws: how calls failed, in the words of PutTelemetryRecords.
import { HttpError, type HttpFailure } from '../http/client.ts';
import { AwsError } from './errors.ts';

/** BackendConnectionErrors of X-Ray's service model. */
export interface ConnectionErrors {
  TimeoutCount: number;
  ConnectionRefusedCount: number;
  HTTPCode4XXCount: number;
  HTTPCode5XXCount: number;
  UnknownHostCount: number;
  OtherCount: number;
}

export const noConnectionErrors = (): ConnectionErrors => ({
  TimeoutCount: 0,
  ConnectionRefusedCount: 0,
  HTTPCode4XXCount: 0,
  HTTPCode5XXCount: 0,
  UnknownHostCount: 0,
  OtherCount: 0,
});

const BY_FAILURE: Readonly<Record<HttpFailure, keyof ConnectionErrors | undefined>> = {
  timeout: 'TimeoutCount',
  refused: 'ConnectionRefusedCount',
  dns: 'UnknownHostCount',
  tls: 'OtherCount',
  reset: 'OtherCount',
  proxy: 'OtherCount',
  // We called it off.
  aborted: undefined,
};

/** Adds one to what the error is. What never reached for the backend, such as missing credentials, is no error of its. */
export function countConnectionError(counts: ConnectionErrors, error: unknown): void {
  const kind = error instanceof HttpError ? BY_FAILURE[error.kind] : kindOfAnswer(error);
  if (kind) counts[kind] += 1;
}

function kindOfAnswer(error: unknown): keyof ConnectionErrors | undefined {
  if (!(error instanceof AwsError) || error.status === 0) return undefined;
  if (error.status >= 500) return 'HTTPCode5XXCount';
  return error.status >= 400 ? 'HTTPCode4XXCount' : 'OtherCount';
}
