// Part of the build: bundles src/ into dist/. Split chunks let a vendor's code load only when its destination is on.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { build } from 'esbuild';

/** `import text from './x.proto?raw'`, as vite understands it too, so that tests and bundle read the same files. */
const rawText = {
  name: 'raw-text',
  setup(builder) {
    builder.onResolve({ filter: /\?raw$/ }, (args) => ({
      path: resolve(args.resolveDir || dirname(args.importer), args.path.replace(/\?raw$/, '')),
      namespace: 'raw-text',
    }));
    builder.onLoad({ filter: /.*/, namespace: 'raw-text' }, async (args) => ({
      contents: await readFile(args.path, 'utf8'),
      loader: 'text',
    }));
  },
};

/**
 * An import of node:http reads all that it exports, and its `WebSocket` loads Node's own fetch: 2.4 MB of heap and 14 MB resident that
 * nothing here uses (Node 24). A CommonJS module reads what it is asked for.
 */
const httpWithoutFetch = {
  name: 'http-without-fetch',
  setup(builder) {
    builder.onResolve({ filter: /^(?:node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace: 'http-without-fetch' } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'http-without-fetch' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http');",
    }));
  },
};

const { version } = JSON.parse(await readFile('package.json', 'utf8'));

const ALL = { bundle: true, legalComments: 'none', logLevel: 'warning' };
const FOR_NODE = {
  ...ALL,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  // Whitespace only: names stay as they are, so stack traces can be read.
  minifyWhitespace: true,
  sourcemap: true,
};

await rm('dist', { recursive: true, force: true });
await build({
  ...FOR_NODE,
  entryPoints: {
    main: 'src/main.ts',
    xray: 'src/xray.ts',
    image: 'src/image.ts',
    'workers/otlp-json': 'src/receivers/otlp/json-worker.ts',
    'workers/redact': 'src/processors/redact/worker.ts',
    'workers/xray-udp': 'src/receivers/aws-xray/worker.ts',
  },
  outdir: 'dist',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  // The AWS SDK's ES modules: their CommonJS twins lose their names behind a dynamic import.
  mainFields: ['module', 'main'],
  define: {
    SIDECAST_VERSION: JSON.stringify(version),
    // As seen from a chunk, where all code is that starts one.
    SIDECAST_WORKERS: '"../workers/"',
    SIDECAST_VENDORS: '"../vendors/"',
    // The SDK's notice about Node 20 is part of our own `started` line instead.
    'process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED': '"true"',
  },
  // The bins are started by their names. CommonJS dependencies call require(); an ESM bundle has none of its own.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [rawText, httpWithoutFetch],
  // Of the Kafka client: its WebAssembly as a part of the script. The native checksum is asked for at run time, and may be absent.
  alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
  // Of fastify: what only routes with schemas, and tests within the process, would load.
  external: [
    '@node-rs/crc32',
    '@fastify/ajv-compiler',
    '@fastify/fast-json-stringify-compiler',
    'light-my-request',
  ],
});

// What few starts need: see src/model/vendor.ts.
await build({
  ...FOR_NODE,
  entryPoints: { yaml: 'yaml', re2js: 're2js' },
  outdir: 'dist/vendors',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
});

// The page: one script and one style sheet, named by what is in them, so that a browser may keep them for ever.
const page = await build({
  ...ALL,
  entryPoints: ['src/admin/web/main.tsx'],
  outdir: 'dist/web',
  entryNames: '[name]-[hash]',
  format: 'esm',
  target: 'es2022',
  minify: true,
  metafile: true,
});
const named = (ending) => basename(Object.keys(page.metafile.outputs).find((path) => path.endsWith(ending)));
const html = await readFile('src/admin/web/index.html', 'utf8');
await writeFile(
  'dist/web/index.html',
  html.replace('{{js}}', named('.js')).replace('{{css}}', named('.css')),
);
