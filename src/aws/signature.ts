// Part of aws: Signature Version 4 on node:crypto.
import { createHash, createHmac, type Hash, type Hmac, hash } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity, Checksum, SourceData } from '@smithy/types';

export interface Unsigned {
  method: 'POST';
  url: URL;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/** Signs for one service and region. The signer keeps the day's signing key, so a call costs the body's hash and three HMACs. */
export function createSigner(
  service: string,
  region: string,
  credentials: () => Promise<AwsCredentialIdentity>,
) {
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: true });
  return async (
    { method, url, headers, body }: Unsigned,
    signingDate: Date,
  ): Promise<Record<string, string>> => {
    const signed = await signer.sign(
      {
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: {},
        // With its hash given, the signer does not look at the body.
        headers: { ...headers, host: url.host, 'x-amz-content-sha256': hash('sha256', body, 'hex') },
      },
      { signingDate },
    );
    return signed.headers;
  };
}

class Sha256 implements Checksum {
  readonly #secret: SourceData | undefined;
  #state: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#secret = secret;
    this.#state = begin(secret);
  }

  update(data: Uint8Array): void {
    this.#state.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#state.digest();
  }

  reset(): void {
    this.#state = begin(this.#secret);
  }
}

function begin(secret: SourceData | undefined): Hash | Hmac {
  if (secret === undefined) return createHash('sha256');
  return createHmac('sha256', typeof secret === 'string' ? secret : Buffer.from(secret as Uint8Array));
}
