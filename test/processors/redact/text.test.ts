import { describe, expect, it } from 'vitest';
import { redactedText, redactorWith, stars } from './support.ts';

// Put together here, so that no scanner of repositories takes them for real ones.
const JWT = [
  'eyJhbGciOiJIUzI1NiJ9',
  'eyJzdWIiOiIxMjM0NTY3ODkwIn0',
  'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
].join('.');
const AWS_KEY = `AKIA${'IOSFODNN7EXAMPLE'}`;
const PEM = (body: string) => `-----BEGIN RSA ${'PRIVATE'} KEY-----${body}-----END RSA ${'PRIVATE'} KEY-----`;

/** What `<` and `>` enclose is the secret. */
function expectMasked(marked: string): void {
  const text = marked.replace(/[<>]/g, '');
  const expected = marked.replace(/<([^>]*)>/g, (_, secret: string) => stars(secret));
  expect(redactedText(text)).toBe(expected);
}

describe('a text', () => {
  it.each([
    'password=<hunter2>',
    'login failed: password=<hunter2>, user=jane',
    'PGPASSWORD=<hunter2> psql',
    'DB_PWD: <hunter2>',
    'Server=db;Uid=app;Pwd=<hunter2>;Timeout=3',
    'client_secret: "<hun ter2>"',
    "apiKey: '<hunter2>'",
    '{"user":"jane","password":"<hunter2>"} trailing',
    String.raw`payload {\"access_token\":\"<hunter2>\",\"ok\":1}`,
    'Authorization: <Basic dXNlcjpodW50ZXIy>\nAccept: */*',
    'Cookie: <sid=abc; theme=dark>\r\nHost: x',
    'headers["x-api-key"] = "<hunter2>"',
    'passwort bleibt, password=<hünter2> weg',
  ])('loses the value of a secret name: %s', expectMasked);

  it.each([
    'GET https://<user:pa@ss>@example.com/path',
    'clone https://<ghp_token1234>@github.com/x/y',
    'postgres://<app:hunter2>@db:5432/app?sslmode=on',
    String.raw`https:\/\/<user:pw>@example.com`,
    'GET /reset?email=a&token=<hunter2>&x=1',
    'https://s3/x?X-Amz-Signature=<abcdef0123>&X-Amz-Date=1',
    'https://blob/x?sv=1&sig=<abc%2Fdef>&se=2',
  ])('loses what is secret in a URL: %s', expectMasked);

  it('loses bearer tokens, JSON Web Tokens, AWS key ids, private keys and card numbers', () => {
    expectMasked('got Bearer <abc123def456> from client');
    expectMasked(`value <${JWT}>`);
    expectMasked(`signed by <${AWS_KEY}> today`);
    expect(redactedText(PEM('MIIEpAIBAAKCAQEA'))).toBe(PEM(stars('MIIEpAIBAAKCAQEA')));
    expectMasked('card <4111 1111 1111 1111> declined');
    expectMasked('card <378282246310005>');
    expectMasked('order 12 <5555-5555-5555-4444>');
  });

  it.each([
    'the token has expired',
    'input_tokens=512 output_tokens: 12',
    'a secretary wrote this',
    'password: null',
    'token_type=bearer_of_news',
    'mail to jane@example.com about http://example.com/@jane',
    'card 4111 1111 1111 1112',
    'at 1700000000000000000 ns, id 4bf92f3577b34da6a3ce929d0e0e4736',
    'version 4111.1111.1111.1111',
    'design=4 and assign=5',
    'db.password.length=12',
    'function signature=unknown',
    'Bearer of bad news',
  ])('keeps what only looks like one: %s', (text) => {
    expect(redactedText(text)).toBe(text);
  });

  it('that is JSON loses what stands under a secret name at any depth, and stays JSON', () => {
    const body = {
      user: 'jane',
      secrets: { db: ['hunter2', 12345], on: true },
      note: 'ok',
      n: 4111111111111111,
    };
    const result = JSON.parse(redactedText(JSON.stringify(body)));

    expect(result).toEqual({
      user: 'jane',
      secrets: { db: ['*******', '***'], on: true },
      note: 'ok',
      n: '*'.repeat(14),
    });
  });

  it('follows the lists of names: allowed ones keep their value, denied ones lose it', () => {
    const redactor = redactorWith({
      SIDECAST_REDACT_ALLOW: 'design_token',
      SIDECAST_REDACT_DENY: 'iban,x.ssn',
    });

    expect(redactedText('{"design_token":"blue","iban":"DE89","x.ssn":"078"}', redactor)).toBe(
      '{"design_token":"blue","iban":"****","x.ssn":"***"}',
    );
  });

  it('loses what own patterns match, in bytes, also after characters of several bytes', () => {
    const redactor = redactorWith({ SIDECAST_REDACT_PATTERNS: String.raw`cust-\d{3,8} EMP[0-9]+` });

    expect(redactedText('für cust-1234567 und EMP42', redactor)).toBe('für ************ und *****');
    expect(redactor.counts()).toEqual({ own_pattern: 2 });
  });

  it('a pattern that is none is a problem of the configuration', () => {
    expect(() => redactorWith({ SIDECAST_REDACT_PATTERNS: '(' })).toThrow('missing closing )');
    expect(() => redactorWith({ SIDECAST_REDACT_PATTERNS: 'a*' })).toThrow('matches an empty text');
  });

  it('is redacted once: what was replaced is not counted again', () => {
    const redactor = redactorWith();
    const once = redactedText('password=hunter2', redactor);
    const count = redactor.counts().secret_name;

    expect(redactedText(once, redactor)).toBe(once);
    expect(redactor.counts().secret_name).toBe(count);
    expect(count).toBe(1);
  });

  it.each([
    ['/x%3Fpassword%3Dhunter2%26a%3D1', '/x%3Fpassword%3D***************'],
    ['/x?user%5Bpassword%5D=hunter2&a=1', '/x?user%5Bpassword%5D=*******&a=1'],
    [
      '<u><password>hunter2</password><name>Jane</name></u>',
      '<u><password>*******</password><name>Jane</name></u>',
    ],
    ['<password></password>', '<password></password>'],
    ['mysql --password hunter2 -h db', 'mysql --password ******* -h db'],
    ["mysql --password 'hunter 2' db", "mysql --password '********' db"],
    ['mysql --password -h db', 'mysql --password -h db'],
    ['the password is long', 'the password is long'],
  ])('%j is masked where people write it so', (text, expected) => {
    expect(redactedText(text)).toBe(expected);
  });

  it.each([
    ['elements', '<password>'.repeat(6400)],
    ['begun options', '--password '.repeat(5800)],
    ['encoded', 'password%3D'.repeat(5800)],
    ['a', 'a'.repeat(64_000)],
    ['one hit after another', 'password '.repeat(7000)],
    ['begun tokens', 'eyJ'.repeat(21_000)],
    ['begun tokens with dots', 'eyJaaaaa.'.repeat(7000)],
    ['begun URLs', '://'.repeat(21_000)],
    ['at signs', '://'.concat('@'.repeat(64_000))],
    ['digits', '4 '.repeat(32_000)],
    ['quotes', 'password="'.repeat(6400)],
    ['backslashes', `password="${'\\'.repeat(60_000)}`],
    ['begun keys', '-----BEGIN PRIVATE KEY-----'.repeat(2300)],
    ['bearers', 'bearer '.repeat(9000)],
    ['brackets', '['.repeat(64_000)],
  ])('of 64 KB takes linear time: %s', (_, text) => {
    redactedText(text);
    const startedMs = performance.now();
    redactedText(text);

    expect(performance.now() - startedMs).toBeLessThan(200);
  });
});
