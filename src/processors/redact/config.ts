// Part of processors/redact: what users may set.
import { choice, list, type Options, secret, text, type Values } from '../../config/option.ts';
import { compilePattern } from './own-patterns.ts';

export const options = {
  mode: {
    env: 'SIDECAST_REDACT',
    yaml: 'redact.mode',
    schema: choice('mask', 'hash', 'off'),
    fallback: 'mask',
    summary:
      'What becomes of passwords, tokens, keys and card numbers before anything is stored: mask writes * at the same length, hash puts hmac: and 16 hex digits in their place.',
  },
  allow: {
    env: 'SIDECAST_REDACT_ALLOW',
    schema: list(),
    fallback: '',
    summary: 'Names of attributes whose values are left as they are.',
    example: 'db.statement,app.design_token',
  },
  deny: {
    env: 'SIDECAST_REDACT_DENY',
    schema: list(),
    fallback: '',
    summary: 'Names of further attributes and fields whose values are redacted.',
    example: 'customer.email,iban',
  },
  patterns: {
    env: 'SIDECAST_REDACT_PATTERNS',
    schema: text().transform((value, context) => {
      const patterns = value.split(/\s+/).filter((pattern) => pattern !== '');
      return patterns.flatMap((pattern) => {
        const compiled = compilePattern(pattern);
        if (typeof compiled !== 'string') return [compiled];
        context.addIssue(`${pattern}: ${compiled}`);
        return [];
      });
    }),
    fallback: '',
    summary:
      'Own regular expressions (RE2), separated by spaces; \\s stands for a space. With one, every text is searched, which costs.',
    example: 'cust-\\d{8} EMP[0-9]+',
  },
  users: {
    env: 'SIDECAST_REDACT_USERS',
    schema: choice('keep', 'hash'),
    fallback: 'keep',
    summary:
      'hash puts hmac: and 16 hex digits in the place of user.id, enduser.id, user_id and the user of X-Ray segments.',
  },
  hashKey: {
    env: 'SIDECAST_REDACT_HASH_KEY',
    schema: secret(),
    secret: true,
    summary:
      'Key of the hashes. Without it one is made at each start, and equal values have equal hashes until the next.',
    example: 'the output of openssl rand -hex 32',
  },
} satisfies Options;

export type RedactConfig = Values<typeof options>;
