// Part of sampling: AWS as this room sees it.

/** Each resolves with the parsed body of the answer and rejects with a CallFailed. */
export interface SamplingCalls {
  getSamplingRules(nextToken: string | undefined, signal: AbortSignal): Promise<unknown>;
  getSamplingTargets(request: object, signal: AbortSignal): Promise<unknown>;
}

export interface Circumstances {
  /** The one thing to do. */
  fix: string;
  retryAfterMs?: number | undefined;
  /** False where a second call could do harm (AWS may have done what the first one asked) or no good (AWS refused what was in it). */
  isRepeatable: boolean;
}

export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly circumstances: Circumstances;

  constructor(message: string, circumstances: Circumstances) {
    super(message);
    this.circumstances = circumstances;
  }
}

export function retryAfterOf(error: unknown): number | undefined {
  return error instanceof CallFailed ? error.circumstances.retryAfterMs : undefined;
}

/** For callers that must not wait any longer, whatever the call waits for. */
export async function untilAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new CallFailed('the call was called off', { fix: '', isRepeatable: false }));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
