// Part of protocols/xray: fault, error and throttle, from HTTP's status and the span's own.
import { type Span, StatusCode } from '../../../model/otlp.ts';
import type { XRayDocument } from './document.ts';
import type { Reader } from './reader.ts';

type Flags = Pick<XRayDocument, 'fault' | 'error' | 'throttle'>;

/** 429 is error and throttle, other 4xx error, 5xx fault; without such a status, an ERROR span is a fault. */
export function flagsOf(span: Span, status = 0): Flags {
  const isError = status >= 400 && status < 500;
  const isFault = status >= 500 || (!isError && span.status.code === StatusCode.ERROR);
  return {
    fault: isFault ? true : undefined,
    error: isError ? true : undefined,
    throttle: status === 429 ? true : undefined,
  };
}

/** As its segment had them: an error that is none of HTTP's would come back as a fault. */
export function takeFlags({ attributes, used }: Reader): Flags | undefined {
  used.add('aws.xray.fault').add('aws.xray.error').add('aws.xray.throttle').add('aws.xray.namespace');
  const fault = attributes.get('aws.xray.fault') === true || undefined;
  const error = attributes.get('aws.xray.error') === true || undefined;
  const throttle = attributes.get('aws.xray.throttle') === true || undefined;
  return fault || error || throttle ? { fault, error, throttle } : undefined;
}
