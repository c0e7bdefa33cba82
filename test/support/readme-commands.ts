// Part of the tests: the commands that the README shows, and who runs each. Nothing is run here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const readme = () => readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Languages of fences; `sh` is typed as it stands, of `console` what follows a dollar, the others hold no commands. */
export const FENCES = ['sh', 'console', 'yaml', 'text'] as const;

const FENCED = /^```(\S*)\n([\s\S]*?)^```$/gm;
/** A code span that somebody could type: a program of ours or a tool, and a word after it. */
const TYPED = /^((?:[A-Z_]+=\S+ )*(?:npm|npx|docker|curl|sidecast|git|aws|sysctl)) \S/;

export function fences(markdown: string): readonly { language: string; text: string }[] {
  return [...markdown.matchAll(FENCED)].map(([, language = '', text = '']) => ({ language, text }));
}

/** Of fences and of code spans, each once, without remarks. */
export function commandsOf(markdown: string): readonly string[] {
  const lines = fences(markdown).flatMap(({ language, text }) => {
    if (language === 'sh') return text.split('\n');
    if (language !== 'console') return [];
    return text.split('\n').flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : []));
  });
  const spans = markdown
    .replace(FENCED, '')
    // A span ends with its paragraph, or with its row of a table.
    .split(/\n\n|\n(?=[|<])/)
    .flatMap((paragraph) => [...paragraph.matchAll(/`([^`]+)`/g)])
    .map(([, span = '']) => span.replace(/\s+/g, ' '))
    .filter((span) => TYPED.test(span));
  const typed = [...lines, ...spans].map((line) => line.replace(/(^|\s+)#.*$/, '').trim());
  return [...new Set(typed)].filter((line) => line !== '');
}

/** On an engine, by test/container/readme.ts. */
export const IN_CONTAINERS: readonly string[] = [
  'docker build -f docker/Dockerfile -t sidecast .',
  'docker compose --env-file docker/sandbox.env up --build',
  'curl localhost:4567/api/activities/home',
  'curl localhost:4320/_sandbox/counts',
  'docker compose up --build',
  'docker compose exec sidecast sidecast doctor',
  'docker compose exec sidecast sidecast tail --attributes',
  'docker compose kill -s HUP sidecast',
];

/** What npm pack gives, in a folder where there is nothing else: test/integration/package.test.ts. */
export const WITH_THE_PACKAGE: readonly string[] = [
  'npm pack',
  'npm install ./sidecast-*.tgz',
  'npx sidecast version',
  'npx sidecast demo --for 2s',
  'npx xray',
];

/** Suites that .ci/run starts in the same words; it says npm ci once, and the demo ends there by itself. */
export const IN_CI: readonly string[] = [
  'npm ci && npm run demo',
  'npm ci && npm test',
  'npm run demo -- --for 20s',
  'npm run check',
  'npm test',
  'npm run test:clients',
  'npm run test:browser',
  'npm run test:container',
  'npm run test:kafka',
  'SEED=7 npm run test:chaos',
  'CHAOS_MINUTES=1 npm run chaos:long',
];

/** What measures, at its smallest size, and a figure of what it prints: test/commands. */
export const MEASURED: Readonly<Record<string, RegExp>> = {
  'npm run bench -- --cases otlp-honeycomb-513 --requests 40':
    /^OTLP → Honeycomb, 513 spans a request +\d+\.\d\d .* 20520\/20520 +0 /m,
  'npm run loss -- --cases steady-8MiB --seconds 1':
    /^\{"case":"steady-8MiB",.*"delivered":5000,.*"lost":0,/m,
  'KILLS=2 npm run crash': /│ 'honeycomb' +│ [1-9]\d* +│ \d+ +│ 0 +│ \d+ +│ 0 +│/,
  'FAULT=413 DESTINATION=rollbar SAMPLES=200 npm run matrix': /undisturbed p99, ms: \{\s*honeycomb: \d+/,
  'npm run backlog -- --destinations honeycomb --mib 64 --seconds 2': /"aloneItemsPerSecond": [1-9]\d*,/,
};

/** What a person runs after a change, with a tree where nothing was changed. */
export const WRITES_DOCUMENTS = 'UPDATE_DOCS=1 npx vitest run --project unit test/docs.test.ts';
