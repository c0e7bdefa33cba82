// Part of app: the certificate of the ports that speak TLS, as its files have it, with all that is wrong with them.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Option } from '../config/option.ts';
import type { Problem } from '../config/problems.ts';
import type { AppConfig } from './options.ts';
import { options } from './tls-config.ts';

export interface Certificate {
  context: SecureContextOptions;
  subject: string;
  validTo: Date;
}

export interface FoundCertificate {
  /** Undefined where none is configured, or it cannot be used. */
  certificate?: Certificate;
  problems: readonly Problem[];
}

export function readCertificate({ certFile, keyFile }: AppConfig['tls']): FoundCertificate {
  if (!certFile && !keyFile) return { problems: [] };
  const files = [readPem(options.certFile, certFile), readPem(options.keyFile, keyFile)] as const;
  const problems = files.flatMap((file) => ('problem' in file ? [file.problem] : []));
  const [cert, key] = files.map((file) => ('pem' in file ? file.pem : ''));
  if (problems.length > 0 || !cert || !key) return { problems };
  try {
    const { subject, validTo } = new X509Certificate(cert);
    const context: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' };
    createSecureContext(context);
    return { certificate: { context, subject, validTo: new Date(validTo) }, problems };
  } catch (error) {
    return { problems: [complaint(options.certFile, certFile, whyUnusable(cert, key, error as Error))] };
  }
}

function readPem(option: Option<string>, file: string | undefined): { pem: string } | { problem: Problem } {
  if (!file)
    return { problem: complaint(option, '', 'certificate and key are needed, and this one is not set') };
  try {
    return { pem: readFileSync(file, 'utf8') };
  } catch (error) {
    const message = `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    return { problem: complaint(option, file, message) };
  }
}

function complaint({ env }: Option<string>, value = '', message = ''): Problem {
  const fix = 'Name two PEM files that belong together, or neither.';
  return { option: env, source: 'TLS', value, message, fix };
}

/** OpenSSL's words name neither the file nor what to do. They are not repeated: they may quote what was read. */
function whyUnusable(cert: string, key: string, error: Error): string {
  try {
    new X509Certificate(cert);
  } catch {
    return 'is no certificate in PEM form';
  }
  try {
    createPrivateKey(key);
  } catch {
    return key.includes('ENCRYPTED') ? 'its key is encrypted' : 'its key is no private key in PEM form';
  }
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return code.includes('MISMATCH') ? 'does not belong to the key' : `cannot be used (${code})`;
}
