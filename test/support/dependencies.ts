// Part of the tests: every direct dependency, why it is there, and how large it is as installed: the list in SECURITY.md.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** One without a reason fails docs.test.ts. */
export const REASONS: Readonly<Record<string, string>> = {
  '@aws-sdk/client-cloudwatch-logs': 'credentials, regions, retries and the seldom calls of CloudWatch Logs',
  '@aws-sdk/client-xray': 'the same of X-Ray',
  '@opentelemetry/api': '@opentelemetry/otlp-transformer asks for it',
  '@opentelemetry/otlp-transformer':
    'reads what Honeycomb answers, and encodes the spans that sidecast makes itself',
  '@platformatic/kafka': 'speaks to Kafka brokers; loaded only with SIDECAST_JOURNAL=kafka',
  '@smithy/signature-v4': 'signs the two AWS calls that come with every batch',
  'dgram-as-promised': 'UDP with promises, for the receiver of X-Ray segments',
  fastify: 'HTTP of the OTLP, X-Ray TCP and admin ports',
  fzstd: 'zstd bodies on Node 20, which cannot read them itself',
  pino: 'the log',
  preact: 'the page; in the browser only',
  'prom-client': 'the text of /metrics',
  protobufjs: 'reads and writes the protobuf wire format',
  re2js: "users' own redaction patterns, in linear time whatever they are",
  rollbar: "builds Rollbar's payload as its own library does",
  uplot: 'the diagram of throughput on the page; in the browser only',
  undici: 'HTTP to the vendors: pools, proxies',
  yaml: "the YAML file of options, and the X-Ray daemon's",
  zod: 'checks every option',
};

interface Manifest {
  version: string;
  devDependencies: Record<string, string>;
}

const manifestIn = (dir: string) => JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;

/** What src/ imports: the bundle holds it, so npm installs none of it with sidecast. Types are gone when it runs. */
export function directDependencies(): { needed: ReadonlySet<string>; known: ReadonlySet<string> } {
  const { devDependencies } = manifestIn(ROOT);
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const imported = files
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(ROOT, 'src', name), 'utf8').replace(/^import type [\s\S]*?;$/gm, '');
      const found = text.matchAll(
        /(?:\} from |^import |^import \w+ from |\bimport\(|loadVendor<.*>\()'([^'.\s][^']*)'/gm,
      );
      return [...found].map((match) => packageOf(match[1] ?? ''));
    })
    .filter((name) => !name.startsWith('node:'));
  return {
    needed: new Set(imported),
    known: new Set(Object.keys(devDependencies)),
  };
}

const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

export function dependencyTable(): string {
  const rows = Object.entries(REASONS).map(([name, reason]) => {
    const dir = join(ROOT, 'node_modules', name);
    return `| \`${name}\` ${manifestIn(dir).version} | ${Math.ceil(bytesIn(dir) / 1024).toLocaleString('en')} KiB | ${reason} |`;
  });
  return ['| package | installed | why |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Without the packages that it has for itself. */
function bytesIn(dir: string): number {
  return readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
    if (entry.name === 'node_modules') return sum;
    const path = join(dir, entry.name);
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);
}
