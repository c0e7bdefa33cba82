// Part of the tests: docker/examples/kafka: every variable is one that sidecast reads, and with all of them a fleet would start.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { optionGroups } from '../../src/app/options.ts';
import { loadConfig } from '../../src/config/load.ts';
import { kafkaProblem } from '../../src/journal/kafka/config.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docker', 'examples', 'kafka');
const IMAGES_NODE = '24.6.0';
const known = Object.values(optionGroups).flatMap((group) => Object.values(group).map(({ env }) => env));
/** The AWS SDK's own. */
const AWS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

type Variables = Record<string, string | null>;
interface Compose {
  services: Record<string, { environment: Variables }>;
}
interface Manifest {
  kind: string;
  data?: Variables;
  stringData?: Variables;
  spec?: {
    template: { spec: { containers: readonly { env: readonly { name: string; value?: string }[] }[] } };
  };
}

const compose = parse(readFileSync(join(FOLDER, 'compose.yaml'), 'utf8'), { merge: true }) as Compose;
const manifests = parseAllDocuments(readFileSync(join(FOLDER, 'kubernetes.yaml'), 'utf8')).map(
  (document) => document.toJS() as Manifest,
);

function inKubernetes(kind: string): Variables {
  const shared = manifests.flatMap(({ data, stringData }) => [data ?? {}, stringData ?? {}]);
  const containers = manifests.find((one) => one.kind === kind)?.spec?.template.spec.containers ?? [];
  const own = containers.flatMap(({ env }) => env.map(({ name, value }) => [name, value ?? null] as const));
  return Object.assign({}, ...shared, Object.fromEntries(own));
}

describe.each([
  ['compose', 'receiver', 'receive', compose.services['receiver']?.environment ?? {}],
  ['compose', 'deliverer', 'deliver', compose.services['deliverer']?.environment ?? {}],
  ['Kubernetes', 'receiver', 'receive', inKubernetes('DaemonSet')],
  ['Kubernetes', 'deliverer', 'deliver', inKubernetes('StatefulSet')],
])('%s: a %s', (_, __, role, variables) => {
  it('has variables that are read, with which it starts', () => {
    expect(Object.keys(variables).filter((name) => !known.includes(name) && !AWS.includes(name))).toEqual([]);
    const env = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value || 'filled-in']),
    );
    const { problems, values } = loadConfig(optionGroups, { env });

    expect(problems).toEqual([]);
    expect(values.kafka.role).toBe(role);
    expect(kafkaProblem(values.kafka, IMAGES_NODE)).toBeUndefined();
  });
});
