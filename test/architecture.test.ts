// Part of the tests: DESIGN section 3, checked. A failure says which rule it broke and why the rule is there.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

/** From the top down: nothing imports from above it. */
const ROOMS = [
  'main',
  'cli',
  'app',
  'admin',
  'sandbox',
  'receivers',
  'provision',
  'exporters',
  'sampling',
  'recent',
  'intake',
  'processors',
  'delivery',
  'correlation',
  'journal',
  'ledger',
  'aws',
  'http',
  'protocols',
  'telemetry',
  'config',
  'model',
];

/** Packages have one home each, so that a vendor's library can be replaced in one place. */
const HOMES: readonly (readonly [package_: RegExp, homes: readonly string[]])[] = [
  [/^fastify$/, ['receivers', 'admin', 'sandbox']],
  [/^dgram-as-promised$/, ['receivers/aws-xray']],
  [/^protobufjs(\/|$)/, ['protocols/otlp', 'sandbox']],
  [/^@opentelemetry\//, ['protocols/otlp', 'sandbox']],
  [/^fzstd$/, ['receivers/otlp', 'sandbox']],
  [/^re2js$/, ['processors/redact']],
  [/^(@aws-sdk|@smithy)\//, ['aws']],
  [/^rollbar(\/|$)/, ['exporters/rollbar']],
  [/^undici$/, ['http']],
  [/^@platformatic\/kafka$/, ['journal/kafka/platformatic']],
  [/^pino$/, ['telemetry/logger.ts']],
  [/^prom-client$/, ['telemetry/metrics.ts']],
  [/^(zod|yaml)$/, ['config']],
  [/^(preact|uplot)(\/|$)/, ['admin/web']],
];

interface Source {
  path: string;
  text: string;
  imports: readonly string[];
}

const sources: readonly Source[] = walk(SRC).map((file) => {
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return { path: relative(SRC, file), text, imports };
});

function walk(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory()
      ? walk(path)
      : /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts')
        ? [path]
        : [];
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

function roomOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : 'main';
}

function targetOf(source: Source, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const target = relative(SRC, join(SRC, source.path, '..', specifier));
  return target.startsWith('..') ? undefined : target;
}

const violations = (find: (source: Source) => readonly string[]) =>
  sources.flatMap((source) => find(source).map((what) => `${source.path}: ${what}`));

describe('the rooms', () => {
  it('import only downwards, so that a lower room can be read without the ones above it', () => {
    const found = violations((source) =>
      source.imports.flatMap((specifier) => {
        const target = targetOf(source, specifier);
        if (target === undefined || target.startsWith('..')) return [];
        const from = ROOMS.indexOf(roomOf(source.path));
        const to = ROOMS.indexOf(roomOf(target));
        return from < 0 || to < 0 || to < from
          ? [`imports ${target}, which is above it or in no known room`]
          : [];
      }),
    );

    expect(found).toEqual([]);
  });

  it('keep receivers and exporters apart from their siblings: what two need belongs below them', () => {
    const found = violations((source) =>
      source.imports.flatMap((specifier) => {
        const target = targetOf(source, specifier);
        const [room, sibling] = source.path.split('/');
        const [targetRoom, targetSibling] = target?.split('/') ?? [];
        const isPair = room === targetRoom && (room === 'receivers' || room === 'exporters');
        return isPair && sibling !== targetSibling ? [`imports its sibling ${target}`] : [];
      }),
    );

    expect(found).toEqual([]);
  });

  it('let the sandbox share nothing with what it judges', () => {
    const allowed = ['sandbox', 'model', 'config', 'telemetry'];
    const found = violations((source) => {
      if (roomOf(source.path) !== 'sandbox') return [];
      return source.imports.flatMap((specifier) => {
        const target = targetOf(source, specifier);
        return target !== undefined && !allowed.includes(roomOf(target))
          ? [`imports ${target}: it would share our bugs`]
          : [];
      });
    });

    expect(found).toEqual([]);
  });

  it('give every package one home', () => {
    const found = violations((source) =>
      source.imports.flatMap((specifier) => {
        const row = HOMES.find(([pattern]) => pattern.test(specifier));
        return row && !row[1].some((home) => source.path.startsWith(home))
          ? [`imports ${specifier}, at home in ${row[1].join(', ')}`]
          : [];
      }),
    );

    expect(found).toEqual([]);
  });

  it('import rollbar in one file', () => {
    const files = sources.filter((source) =>
      source.imports.some((specifier) => /^rollbar(\/|$)/.test(specifier)),
    );

    expect(files.map((source) => source.path)).toHaveLength(1);
  });

  it('load the Kafka client only where the journal is in Kafka', () => {
    const found = violations(({ path, text }) => {
      if (path.startsWith('journal/kafka/platformatic')) return [];
      const loads = [...text.matchAll(/^(?:import (?!type )|\} from )[^;]*?'([^']*)'/gm)].map(
        (match) => match[1],
      );
      return loads.some((specifier) => /kafka\/(open|platformatic)|^\.\/platformatic/.test(specifier ?? ''))
        ? ['loads it at every start: import() it in Kafka mode']
        : [];
    });

    expect(found).toEqual([]);
  });

  it('give every exporter the same files: who has read one has read all', () => {
    const files = ['check.ts', 'config.ts', 'encoder.ts', 'index.ts', 'links.ts', 'transport.ts'];
    for (const exporter of ['honeycomb', 'aws-xray', 'aws-cloudwatch-logs', 'rollbar']) {
      expect(readdirSync(join(SRC, 'exporters', exporter))).toEqual(expect.arrayContaining(files));
    }
  });
});

describe('the files', () => {
  it('open with a line that says what they are part of', () => {
    const found = violations(({ text }) => (/^\/\/ Part of /.test(text) ? [] : ['no "// Part of" line']));

    expect(found).toEqual([]);
  });

  it('are one thought: fewer than 300 lines', () => {
    const found = violations(({ text }) => {
      const lines = text.split('\n').length;
      return lines > 300 ? [`${lines} lines`] : [];
    });

    expect(found).toEqual([]);
  });

  it('have no default exports, no export *, no any, and are not called utils', () => {
    const found = violations(({ path, text }) => [
      ...(/^export default/m.test(text) ? ['default export'] : []),
      ...(/^export \*/m.test(text) ? ['export *'] : []),
      ...(/:\s*any\b|<any>|as any\b/.test(withoutComments(text)) ? ['any'] : []),
      ...(/util(s|ities)?\.ts$/.test(path) ? ['a name that says nothing'] : []),
    ]);

    expect(found).toEqual([]);
  });

  it('read the environment only in config/load', () => {
    const found = violations(({ path, text }) =>
      path !== 'config/load.ts' && /\bprocess\.env\b/.test(text) ? ['process.env'] : [],
    );

    expect(found).toEqual([]);
  });

  it('take time and chance from what they are handed in delivery, recent and exporters', () => {
    const found = violations(({ path, text }) => {
      if (!/^(delivery|recent|exporters)\//.test(path)) return [];
      return [
        ...text.matchAll(/\bDate\.now\(|Math\.random\(|\bsetTimeout\(|\bsetInterval\(|new Date\(\)/g),
      ].map((match) => match[0]);
    });

    expect(found).toEqual([]);
  });

  it('end the process only at its edge', () => {
    const found = violations(({ path, text }) =>
      !['main.ts', 'xray.ts'].includes(path) && /\bprocess\.exit\b|process\.on\(/.test(text)
        ? ['process control']
        : [],
    );

    expect(found).toEqual([]);
  });
});
