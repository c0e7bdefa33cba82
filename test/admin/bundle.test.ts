// Part of the tests: how the page is served that the build made.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addBundleRoutes } from '../../src/admin/bundle.ts';
import { temporaryDir } from '../support/records.ts';

let dir: Awaited<ReturnType<typeof temporaryDir>>;
let server: FastifyInstance;

beforeEach(async () => {
  dir = await temporaryDir();
  server = fastify();
});
afterEach(async () => {
  await server.close();
  await dir.remove();
});

const SCRIPT = 'console.log("page");'.repeat(100);

async function serve(): Promise<boolean> {
  await writeFile(join(dir.path, 'index.html'), '<!doctype html><title>Sidecast</title>');
  await writeFile(join(dir.path, 'main-ABC.js'), SCRIPT);
  await writeFile(join(dir.path, 'notes.txt'), 'not for everybody');
  await mkdir(join(dir.path, 'fonts'));
  await writeFile(join(dir.path, 'fonts', 'mono.woff2'), 'font');
  return addBundleRoutes(server, pathToFileURL(`${dir.path}/`));
}

describe('the page', () => {
  it('is the same for every address of a trace or span, under a policy that lets nothing in from elsewhere', async () => {
    expect(await serve()).toBe(true);

    for (const url of ['/', '/traces/4bf92f3577b34da6a3ce929d0e0e4736?span=00f067aa0ba902b7', '/pipeline']) {
      const { statusCode, headers, body } = await server.inject(url);
      expect([statusCode, body]).toEqual([200, '<!doctype html><title>Sidecast</title>']);
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/,
      );
      expect(headers['cache-control']).toBe('no-cache');
    }
  });

  it('has files that may be kept for ever, and are not sent again', async () => {
    await serve();

    const { headers } = await server.inject('/main-ABC.js');
    const again = await server.inject({
      url: '/main-ABC.js',
      headers: { 'if-none-match': String(headers.etag) },
    });

    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect((await server.inject('/fonts/mono.woff2')).statusCode).toBe(200);
  });

  it('is compressed as the browser likes it, from the files of the build where there are some', async () => {
    await writeFile(join(dir.path, 'main-ABC.js.br'), brotliCompressSync('from the build'));
    await serve();
    const coded = async (accepted: string) =>
      (await server.inject({ url: '/main-ABC.js', headers: { 'accept-encoding': accepted } })).headers[
        'content-encoding'
      ];

    expect([
      await coded('gzip, br'),
      await coded('gzip'),
      await coded('br;q=0, gzip'),
      await coded(''),
    ]).toEqual(['br', 'gzip', 'gzip', undefined]);
    const { rawPayload } = await server.inject({ url: '/main-ABC.js', headers: { 'accept-encoding': 'br' } });
    expect(rawPayload).toEqual(brotliCompressSync('from the build'));
  });

  it('has nothing beside what the build made', async () => {
    await serve();

    for (const url of ['/notes.txt', '/../package.json', '/%2e%2e/package.json', '/main-ABC.js.br'])
      expect((await server.inject(url)).statusCode, url).toBe(404);
  });

  it('is not there without a build', async () => {
    expect(await addBundleRoutes(server, pathToFileURL(join(dir.path, 'nowhere/')))).toBe(false);
    expect(await addBundleRoutes(server, undefined)).toBe(false);
  });
});
