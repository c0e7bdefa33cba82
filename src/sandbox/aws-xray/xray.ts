// Part of the sandbox: the X-Ray API as far as a daemon speaks it.
import type { Clock } from '../../model/clock.ts';
import { awsErrorOf, restJson, restJsonError } from '../aws-errors.ts';
import { everySecond, type Fault } from '../faults.ts';
import type { AwsCredential } from '../settings.ts';
import { verifySignature } from '../sigv4.ts';
import type { Store } from '../store.ts';
import { type Answer, parseObject, type Vendor } from '../vendor.ts';
import { createControlPlane } from './control-plane.ts';
import { type Judged, judgeDocument, type Unprocessed, unprocessed } from './documents.ts';
import { TraceSizes } from './trace-sizes.ts';

/** X-Ray API reference, PutTraceSegments; the service words it so. */
const MAX_DOCUMENTS = 50;

export function createXRay(store: Store, credentials: readonly AwsCredential[], clock: Clock): Vendor {
  const isRefusedInPart = everySecond();
  const traceSizes = new TraceSizes();
  const controlPlane = createControlPlane(clock);

  const invalid = (message: string) =>
    restJsonError({ status: 400, code: 'InvalidRequestException', message });

  function refuse(status: number, retryAfter?: string): Answer {
    const throttle = { status: 429, code: 'ThrottledException', message: 'Rate exceeded' };
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    return restJsonError(awsErrorOf(status, throttle, 'InvalidRequestException'), headers);
  }

  /** The vendor's verdict, or the fault's. */
  function verdict(document: string, judged: Judged, fault: Fault): Unprocessed | undefined {
    if (judged.unprocessed) return judged.unprocessed;
    if (fault.kind === 'partial' && isRefusedInPart()) {
      return unprocessed(judged.id, fault.status === 429 ? 'ThrottledException' : 'InvalidSegment');
    }
    // A document that is sent again replaces itself and does not grow its trace.
    if (store.has(judged.id ?? '') || traceSizes.grow(judged.traceId, Buffer.byteLength(document)))
      return undefined;
    return { ...unprocessed(judged.id, 'InvalidSegment'), Message: 'Trace Size Exceeded' };
  }

  function putTraceSegments(documents: unknown, fault: Fault): Answer {
    if (!Array.isArray(documents)) return invalid('TraceSegmentDocuments is required.');
    if (!documents.every((document): document is string => typeof document === 'string')) {
      return restJsonError({
        status: 400,
        code: 'SerializationException',
        message: 'A document is not a string.',
      });
    }
    if (documents.length > MAX_DOCUMENTS) return invalid(`Exceeding maximum segment count: ${MAX_DOCUMENTS}`);
    if (
      fault.kind === 'poison' &&
      documents.some((document) => judgeDocument(document).ids.includes(fault.itemId))
    ) {
      return fault.status === undefined
        ? invalid('The request holds a document that cannot be processed.')
        : refuse(fault.status);
    }
    const UnprocessedTraceSegments: Unprocessed[] = [];
    for (const document of documents) {
      const judged = judgeDocument(document);
      const refusal = verdict(document, judged, fault);
      if (refusal) UnprocessedTraceSegments.push(refusal);
      else store.add(judged.id ?? '', () => document, judged.ids);
    }
    store.countRefused(UnprocessedTraceSegments.length);
    return restJson(200, { UnprocessedTraceSegments });
  }

  return {
    destination: 'aws-xray',
    claims({ method, path }) {
      if (method !== 'POST') return undefined;
      if (path === '/TraceSegments') return 'items';
      return controlPlane.knows(path) ? 'other' : undefined;
    },
    answer(request, fault) {
      const failure = verifySignature(request, 'xray', credentials, clock.now());
      if (failure) return restJsonError({ status: 403, ...failure });
      const body = request.body.length === 0 ? {} : parseObject(request.body);
      if (!body)
        return restJsonError({ status: 400, code: 'SerializationException', message: 'Not a JSON object.' });
      if (request.path === '/TraceSegments') return putTraceSegments(body['TraceSegmentDocuments'], fault);
      const outcome = controlPlane.call(request.path, body);
      return 'error' in outcome ? restJsonError(outcome.error) : restJson(200, outcome.value);
    },
    refuse: (_request, status, retryAfter) => refuse(status, retryAfter),
  };
}
