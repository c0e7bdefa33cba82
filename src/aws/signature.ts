// Part of aws: Signature Version 4 on node:crypto.
import { hash } from 'node:crypto';
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

/** SHA-256's block (FIPS 180-4), which HMAC pads its key to. */
const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * SHA-256, or HMAC with a secret (RFC 2104), over one-shot hashes: what is signed here has a few hundred bytes, and making a
 * key object for node's own Hmac costs 50 µs each time (Node 24).
 */
class Sha256 implements Checksum {
  readonly #key: Buffer | undefined;
  #data: Uint8Array[] = [];

  constructor(secret?: SourceData) {
    this.#key = secret === undefined ? undefined : padded(bytesOf(secret));
  }

  update(data: SourceData): void {
    this.#data.push(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    if (!this.#key) return sha256(...this.#data);
    const inner = sha256(xored(this.#key, INNER_PAD), ...this.#data);
    return sha256(xored(this.#key, OUTER_PAD), inner);
  }

  reset(): void {
    this.#data = [];
  }
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  return hash('sha256', Buffer.concat(parts), 'buffer');
}

function bytesOf(data: SourceData): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

function padded(secret: Buffer): Buffer {
  const key = Buffer.alloc(BLOCK_BYTES);
  key.set(secret.length > BLOCK_BYTES ? sha256(secret) : secret);
  return key;
}

function xored(key: Buffer, pad: number): Buffer {
  return Buffer.from(key.map((byte) => byte ^ pad));
}
