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
  'npm run test:clients',
  'npm run test:container',
  'npm run test:chaos',
];

/** Minutes to hours: what they found last is in the repository, and the README shows it from there. */
export const MEASURED: Readonly<Record<string, string>> = {
  'npm run backlog': 'test/chaos/results/backlog.json',
  'npm run matrix': 'test/chaos/results/matrix.json',
  'npm run crash': 'test/chaos/results/crash.json',
  'npm run chaos:long': 'test/chaos/results/chaos.json',
};

/** Tools of contributors that need what not every machine has, or write what tests compare: the program that reads it, or the test that stands for it. */
export const BY_CONTRIBUTORS: Readonly<Record<string, readonly [file: string, reads: string]>> = {
  'docker buildx build --platform linux/amd64,linux/arm64 -f docker/Dockerfile -t sidecast .': [
    'test/docker/platforms.test.ts',
    'docker/Dockerfile',
  ],
  'SEED=7 npm run test:chaos': ['test/chaos/chaos.test.ts', "env['SEED']"],
  'npm run test:kafka': ['test/kafka/brokers.ts', "env['KAFKA_BROKERS_TOOL']"],
  'npm run bench': ['test/bench/run.mjs', 'report'],
  'UPDATE_DOCS=1 npx vitest run --project unit test/docs.test.ts': [
    'test/docs.test.ts',
    "env['UPDATE_DOCS']",
  ],
};
