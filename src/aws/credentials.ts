// Part of aws: credentials out of the SDK's chain, without waiting for it long or often.
import type { AwsCredentialIdentity } from '@smithy/types';
import type { Clock } from '../model/clock.ts';
import { AwsError } from './errors.ts';

/** Off AWS the chain ends at an instance metadata address that never answers. */
const LOOKUP_MS = 2_000;
const FAILURE_LASTS_MS = 10_000;
/** The SDK's own margin before an expiry. */
const REFRESH_EARLY_MS = 300_000;

/**
 * The SDK reads the files of profiles once in the life of a process. Given to a client, this reaches its default chain, which then
 * reads them at each lookup; the clients' types do not know it.
 */
export const READS_FILES_AGAIN = { ignoreCache: true };

export type LoadCredentials = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentialIdentity>;

export interface CredentialSource {
  /** Fails with an AwsError of kind `no_credentials`, within 2 s, and at once for 10 s after that. */
  get(): Promise<AwsCredentialIdentity>;
  /** The vendor refused these: looks again. What is found when that is another identity. */
  renew(refused: AwsCredentialIdentity): Promise<AwsCredentialIdentity | undefined>;
}

export function credentialSource(load: LoadCredentials, clock: Clock): CredentialSource {
  let current: AwsCredentialIdentity | undefined;
  let pending: Promise<void> | undefined;
  let failed: { error: AwsError; atMs: number } | undefined;
  let forceRefresh = false;

  const remainsMs = () =>
    current?.expiration ? current.expiration.getTime() - clock.now() : Number.POSITIVE_INFINITY;
  const fail = (error: AwsError) => (failed = { error, atMs: clock.now() });
  const lookUp = async () => {
    try {
      current = await load(forceRefresh ? { forceRefresh } : undefined);
      forceRefresh = false;
      failed = undefined;
    } catch (error) {
      fail(noCredentials(error instanceof Error ? firstLine(error.message) : 'the lookup failed'));
    } finally {
      pending = undefined;
    }
  };

  const get = async () => {
    if (current && !forceRefresh && remainsMs() > REFRESH_EARLY_MS) return current;
    if (!failed || clock.now() - failed.atMs >= FAILURE_LASTS_MS) {
      pending ??= lookUp();
      // A lookup that is merely slow goes on, and its result counts for a later call.
      const inTime = await withinMs(LOOKUP_MS, pending, clock);
      if (!inTime) fail(noCredentials(`the lookup took longer than ${LOOKUP_MS} ms`));
    }
    // Credentials that could not be renewed yet are good until they expire.
    if (current && !forceRefresh && remainsMs() > 0) return current;
    throw failed?.error ?? noCredentials('the lookup found none');
  };

  return {
    get,
    async renew(refused) {
      // Another call that was refused with them may have renewed them already.
      if (!current || isSame(current, refused)) forceRefresh = true;
      const found = await get().catch(() => undefined);
      return found && !isSame(found, refused) ? found : undefined;
    },
  };
}

function isSame(one: AwsCredentialIdentity, other: AwsCredentialIdentity): boolean {
  return one.accessKeyId === other.accessKeyId && one.sessionToken === other.sessionToken;
}

async function withinMs(limitMs: number, work: Promise<void>, clock: Clock): Promise<boolean> {
  let cancel: () => void = () => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.schedule(limitMs, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}

const noCredentials = (why: string) =>
  new AwsError('no_credentials', `no AWS credentials were found: ${why}`);

const firstLine = (text: string) => (text.split('\n')[0] ?? '').replace(/\.$/, '');
