import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDatagram, readDocuments } from '../../../src/protocols/xray/datagram.ts';
import { acceptedDocuments, redactedDocument, redactorWith } from './support.ts';

const CAPTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'captures');
const HEAD = '"name":"app","id":"4111111111111111","trace_id":"1-41111111-111111111111111111111111"';

describe('an X-Ray document', () => {
  it('loses secrets of annotations, metadata, URLs and SQL, at the same length, and stays JSON', () => {
    const [before, after] = [
      ['hunter2', 'https://jane:hunter2@db/x?api_key=hunter2', '12345'],
      ['*******', 'https://************@db/x?api_key=*******', '"***"'],
    ].map(
      ([secret, url, number]) =>
        `{${HEAD},"annotations":{"password":"${secret}"},"metadata":{"default":{"auth":{"cookies":["${secret}",${number}]}}},` +
        `"http":{"request":{"url":"${url}"}},"sql":{"url":"${url}"}}`,
    ) as [string, string];

    expect(redactedDocument(before)).toBe(after);
    expect(JSON.parse(after)).toMatchObject({ id: '4111111111111111', annotations: { password: '*******' } });
  });

  it.each([
    ['name', String.raw`"pass\u0077ord":"hunter2"`, String.raw`"pass\u0077ord":"*******"`],
    ['value', String.raw`"note":"\u0070assword=hunter2"`, String.raw`"note":"\u0070assword=*******"`],
    ['secret', String.raw`"note":"token=\u0068unter2 end"`, `"note":"token=${'*'.repeat(12)} end"`],
    [
      'separator',
      String.raw`"note":"jane\u0040x https:\/\/a:b\u0040host"`,
      String.raw`"note":"jane\u0040x https:\/\/***\u0040host"`,
    ],
  ])('with an escaped %s is not taken for clean', (_, before, after) => {
    expect(redactedDocument(`{${HEAD},"metadata":{${before}}}`)).toBe(`{${HEAD},"metadata":{${after}}}`);
  });

  it('that is no JSON loses its secrets all the same', () => {
    expect(redactedDocument('password=hunter2 {"token":"abc"')).toBe('password=******* {"token":"***"');
  });

  it('that is no JSON is left alone the second time, a number of one digit too (found by fuzzing)', () => {
    const redactor = redactorWith();
    const once = redactedDocument('"passworda":1"name":"app"', redactor);

    expect(once).toBe('"passworda":0"name":"app"');
    expect(redactedDocument(once, redactor)).toBe(once);
    expect(redactor.counts()).toEqual({ secret_name: 1 });
  });

  it('can have its user hashed', () => {
    const redactor = redactorWith({ SIDECAST_REDACT_USERS: 'hash', SIDECAST_REDACT_HASH_KEY: 'k' });

    expect(redactedDocument(`{${HEAD},"user":"jane"}`, redactor)).toMatch(/"user":"hmac:[0-9a-f]{16}"\}$/);
  });

  it('without a secret keeps its bytes: every capture but the one with a token in its URL', () => {
    let documents = 0;
    for (const folder of ['python-xray', 'node-xray', 'go-xray', 'java-xray']) {
      for (const name of readdirSync(join(CAPTURES, folder)).filter((one) => one.endsWith('.udp.txt'))) {
        const datagram = parseDatagram(readFileSync(join(CAPTURES, folder, name)));
        if (!datagram.ok) throw new Error(name);
        const text = Buffer.from(datagram.document).toString();
        const accepted = acceptedDocuments([text]);
        const redactor = redactorWith();
        const { payload } = redactor.redact(accepted);
        if (name === '22-throttle-and-sql.udp.txt') {
          expect(redactor.counts()).toEqual({ secret_name: 1 });
          continue;
        }

        expect(Buffer.compare(payload, acceptedDocuments([text]).payload), `${folder}/${name}`).toBe(0);
        documents++;
      }
    }
    expect(documents).toBeGreaterThan(40);
  });

  it('becomes the same alone and among others, whole or cut off', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '"password":"hunter2"',
        '"n":4111111111111111',
        '"token',
        '":"',
        'x?api_key=abc',
        '{',
        '}',
      ),
      fc.string({ maxLength: 12 }),
    );
    const document = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

    fc.assert(
      fc.property(fc.array(document, { minLength: 1, maxLength: 5 }), (documents) => {
        const { payload } = redactorWith().redact(acceptedDocuments(documents));

        expect(readDocuments(payload).map((one) => Buffer.from(one).toString())).toEqual(
          documents.map((one) => redactedDocument(one)),
        );
      }),
    );
  });
});
