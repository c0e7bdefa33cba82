// Part of the tests: what was replaced on the way in is found again on the page, with the rule that did it.
import { describe, expect, it } from 'vitest';
import { countRedacted, redactedParts } from '../../../src/admin/web/model/redaction.ts';
import { createJudge } from '../../../src/processors/redact/judge.ts';
import { createReplace, replaceAll } from '../../../src/processors/redact/replace.ts';

/** As it comes out of the redactor itself. */
function redacted(name: string, text: string, mode: 'mask' | 'hash' = 'mask', deny: readonly string[] = []) {
  const judge = createJudge({ allow: [], deny, patterns: [], users: 'hash' });
  const findings = judge.findings(judge.under(name, 'plain'), text);
  return {
    rules: findings.map(({ rule }) => rule),
    text: replaceAll(text, findings, createReplace(mode, 'k')),
  };
}

describe('what the redactor replaced', () => {
  it.each([
    ['db.password', 'hunter2hunter2'],
    ['log.body', 'login with password=hunter2hunter2 refused'],
    ['url.full', 'https://bob:hunter2hunter2@shop.example/basket'],
    ['log.body', 'sent Bearer 0123456789abcdef'],
    ['app.note', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl'],
    ['app.note', 'key AKIAIOSFODNN7EXAMPLE used'],
    ['app.note', 'paid with 4111111111111111 today'],
    ['user.id', 'andrewbrown'],
  ])('in %s: %s', (name, value) => {
    for (const mode of ['mask', 'hash'] as const) {
      const { rules, text } = redacted(name, value, mode);
      const marked = redactedParts(text, name).filter(({ why }) => why !== undefined);

      expect(marked).toHaveLength(1);
      expect(rules).toHaveLength(1);
      if (mode === 'mask') expect(marked[0]?.why).toContain(`${rules[0]} (`);
      expect(countRedacted(text)).toBe(1);
      expect(
        redactedParts(text, name)
          .map((part) => part.text)
          .join(''),
      ).toBe(text);
    }
  });

  it('says how it would be left as it is', () => {
    const why = (name: string, text: string) => redactedParts(text, name)[0]?.why;
    expect(
      why('app.iban', redacted('app.iban', 'DE02120300000000202051', 'mask', ['app.iban']).text),
    ).toMatch(/one of denied_name .*add app\.iban to SIDECAST_REDACT_ALLOW\.$/);
    expect(why('user.id', redacted('user.id', 'londo').text)).toMatch(/set SIDECAST_REDACT_USERS=keep\.$/);
  });

  it('has its name in OTLP/JSON and in other JSON, as it is sent', () => {
    for (const text of [
      '{ "key": "db.password", "value": { "stringValue": "*******" } }',
      '{ "db.password": "*******" }',
    ])
      expect(redactedParts(text).find(({ why }) => why)?.why).toContain('add db.password to');
  });
});

it('stars that nobody put there are left alone', () => {
  for (const text of ['*', 'a * b', '**bold**', 'SELECT *', '/api/*', '*/*', 'hmac:short'])
    expect(redactedParts(text)).toEqual([{ text }]);
});
