// Part of admin: serves the page that the build made: index.html and files named by what is in them.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};
/** Nothing from elsewhere, nothing inline. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Addresses of the page itself: what it shows is told by the rest of the address. */
const PAGES = ['/', '/traces', '/traces/*', '/logs', '/pipeline'];
const INDEX = 'index.html';

const COMPRESSORS = {
  br: promisify((body: Buffer, done: (error: Error | null, result: Buffer) => void) =>
    brotliCompress(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }, done),
  ),
  gzip: promisify(gzip) as (body: Buffer) => Promise<Buffer>,
} as const;
type Coding = keyof typeof COMPRESSORS;
const ENDINGS: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' };

interface Asset {
  name: string;
  body: Buffer;
  etag: string;
  /** As the build left them, or made when somebody first asks. */
  compressed: Partial<Record<Coding, Promise<Buffer>>>;
}

/** False where the build made no page. */
export async function addBundleRoutes(server: FastifyInstance, dir: URL | undefined): Promise<boolean> {
  const assets = dir ? await readAssets(dir) : new Map<string, Asset>();
  const index = assets.get(INDEX);
  if (!index) return false;
  for (const path of PAGES) server.get(path, (request, reply) => send(index, request, reply));
  for (const asset of assets.values())
    if (asset !== index) server.get(`/${asset.name}`, (request, reply) => send(asset, request, reply));
  return true;
}

async function readAssets(dir: URL): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>();
  const base = dir.href.endsWith('/') ? dir : new URL(`${dir.href}/`);
  const entries = await readdir(base, { withFileTypes: true, recursive: true }).catch(() => []);
  const root = fileURLToPath(base);
  for (const entry of entries) {
    const name = `${entry.parentPath}/${entry.name}`
      .replaceAll('\\', '/')
      .slice(root.length)
      .replace(/^\/+/, '');
    if (!entry.isFile() || !TYPES[extname(name)]) continue;
    const body = await readFile(new URL(name, base));
    const compressed: Asset['compressed'] = {};
    for (const coding of ['br', 'gzip'] as const) {
      const made = await readFile(new URL(`${name}${ENDINGS[coding]}`, base)).catch(() => undefined);
      if (made) compressed[coding] = Promise.resolve(made);
    }
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    assets.set(name, { name, body, etag, compressed });
  }
  return assets;
}

async function send(asset: Asset, { headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const isIndex = asset.name === INDEX;
  reply
    .type(TYPES[extname(asset.name)] ?? '')
    .header('etag', asset.etag)
    .header('vary', 'accept-encoding')
    .header('cache-control', isIndex ? 'no-cache' : 'public, max-age=31536000, immutable')
    .header('x-content-type-options', 'nosniff');
  if (isIndex) reply.header('content-security-policy', POLICY).header('referrer-policy', 'no-referrer');
  if (headers['if-none-match'] === asset.etag) return reply.code(304).send();
  const coding = codingFor(headers['accept-encoding']);
  if (!coding) return reply.send(asset.body);
  asset.compressed[coding] ??= COMPRESSORS[coding](asset.body);
  return reply.header('content-encoding', coding).send(await asset.compressed[coding]);
}

function codingFor(accepted: string | string[] | undefined): Coding | undefined {
  const codings = String(accepted ?? '')
    .split(',')
    .filter((one) => !/;\s*q=0(\.0*)?\s*$/.test(one))
    .map((one) => one.split(';')[0]?.trim());
  return (['br', 'gzip'] as const).find((coding) => codings.includes(coding));
}
