// Part of the tests: docker/examples, parsed as strictly as ECS and Kubernetes parse them, and compared with the image.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { optionGroups } from '../../src/app/options.ts';
import { loadConfig } from '../../src/config/load.ts';

const DOCKER = join(import.meta.dirname, '..', '..', 'docker');
const read = (name: string) => readFileSync(join(DOCKER, name), 'utf8');
const dockerfile = read('Dockerfile');
const DATA_DIR = /^VOLUME (\S+)$/m.exec(dockerfile)?.[1];
const EXPOSED = /^EXPOSE (.+)$/m.exec(dockerfile)?.[1]?.split(' ') ?? [];

/** Names and values that sidecast would read; an empty secret is filled in. */
function problemsOf(env: readonly { name: string; value?: string | undefined }[]) {
  const known = Object.values(optionGroups).flatMap((group) =>
    Object.values(group).map(({ env: name }) => name),
  );
  const settings = Object.fromEntries(env.map(({ name, value }) => [name, value || 'filled-in']));
  const { problems } = loadConfig(optionGroups, { env: settings });
  return [...env.filter(({ name }) => !known.includes(name)), ...problems];
}

const { shutdownTimeoutMs } = loadConfig(optionGroups, {}).values.process;

describe('the task definition for ECS', () => {
  // RegisterTaskDefinition (Amazon ECS API Reference, 2014-11-13): the members that are used, and no others.
  const nameAndValue = z.strictObject({ name: z.string(), value: z.string() });
  const container = z.strictObject({
    name: z.string(),
    image: z.string(),
    essential: z.boolean(),
    user: z.string().optional(),
    readonlyRootFilesystem: z.boolean().optional(),
    dependsOn: z
      .array(
        z.strictObject({
          containerName: z.string(),
          condition: z.enum(['START', 'COMPLETE', 'SUCCESS', 'HEALTHY']),
        }),
      )
      .optional(),
    portMappings: z.array(
      z.strictObject({ name: z.string(), containerPort: z.number(), protocol: z.enum(['tcp', 'udp']) }),
    ),
    mountPoints: z.array(z.strictObject({ sourceVolume: z.string(), containerPath: z.string() })).optional(),
    secrets: z
      .array(z.strictObject({ name: z.string(), valueFrom: z.string().startsWith('arn:aws:ssm:') }))
      .optional(),
    environment: z.array(nameAndValue),
    healthCheck: z
      .strictObject({
        command: z.tuple([z.enum(['CMD', 'CMD-SHELL'])], z.string()),
        interval: z.number().min(5).max(300),
        timeout: z.number().min(2).max(60),
        retries: z.number().min(1).max(10),
        startPeriod: z.number().min(0).max(300),
      })
      .optional(),
    // Fargate gives 120 s at most.
    stopTimeout: z.number().max(120).optional(),
    logConfiguration: z.strictObject({
      logDriver: z.literal('awslogs'),
      options: z.record(z.string(), z.string()),
    }),
  });
  const taskDefinition = z.strictObject({
    family: z.string(),
    networkMode: z.literal('awsvpc'),
    requiresCompatibilities: z.tuple([z.literal('FARGATE')]),
    cpu: z.string().regex(/^\d+$/),
    memory: z.string().regex(/^\d+$/),
    executionRoleArn: z.string(),
    taskRoleArn: z.string(),
    containerDefinitions: z.array(container),
    volumes: z.array(z.strictObject({ name: z.string() })),
  });
  const task = taskDefinition.parse(JSON.parse(read('examples/ecs-task-definition.json')));
  const [xray, backend] = task.containerDefinitions;

  it('starts the backend when sidecast is healthy, which is asked without a shell', () => {
    expect(backend?.dependsOn).toEqual([{ containerName: xray?.name, condition: 'HEALTHY' }]);
    expect(xray?.healthCheck?.command).toEqual(['CMD', 'sidecast', 'health']);
  });

  it('runs it under a uid of somebody else’s, with nothing writable but the data directory', () => {
    expect([xray?.user, xray?.readonlyRootFilesystem]).toEqual(['1337', true]);
    expect(xray?.mountPoints).toEqual([{ sourceVolume: task.volumes[0]?.name, containerPath: DATA_DIR }]);
  });

  it('has ports, variables and times that sidecast knows', () => {
    for (const { containerPort, protocol } of xray?.portMappings ?? [])
      expect(EXPOSED).toContain(`${containerPort}/${protocol}`);
    expect(problemsOf([...(xray?.environment ?? []), ...(xray?.secrets ?? [])])).toEqual([]);
    expect((xray?.stopTimeout ?? 0) * 1000).toBeGreaterThan(shutdownTimeoutMs);
  });
});

describe('the sidecar for Kubernetes', () => {
  const metadata = z.strictObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() });
  const env = z.array(z.strictObject({ name: z.string(), value: z.string() }));
  const ports = z.array(
    z.strictObject({
      // IANA_SVC_NAME.
      name: z.string().regex(/^[a-z0-9-]{1,15}$/),
      containerPort: z.number(),
      protocol: z.enum(['TCP', 'UDP']).default('TCP'),
    }),
  );
  const probe = z.strictObject({
    httpGet: z.strictObject({ path: z.string(), port: z.string() }),
    periodSeconds: z.number(),
    failureThreshold: z.number().optional(),
  });
  const quantities = z
    .record(z.enum(['cpu', 'memory']), z.string().regex(/^\d+(m|Mi|Gi)$/))
    .or(z.strictObject({ memory: z.string().regex(/^\d+(Mi|Gi)$/) }));
  const sidecar = z.strictObject({
    name: z.string(),
    image: z.string(),
    restartPolicy: z.literal('Always'),
    envFrom: z.array(z.strictObject({ secretRef: z.strictObject({ name: z.string() }) })),
    env,
    ports,
    startupProbe: probe,
    livenessProbe: probe,
    resources: z.strictObject({ requests: quantities, limits: quantities }),
    securityContext: z.strictObject({
      allowPrivilegeEscalation: z.literal(false),
      readOnlyRootFilesystem: z.literal(true),
      capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
    }),
    volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string() })),
  });
  const deployment = z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.literal('Deployment'),
    metadata,
    spec: z.strictObject({
      replicas: z.number(),
      selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
      template: z.strictObject({
        metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
        spec: z.strictObject({
          serviceAccountName: z.string(),
          terminationGracePeriodSeconds: z.number(),
          securityContext: z.strictObject({
            runAsNonRoot: z.literal(true),
            runAsUser: z.number(),
            fsGroup: z.number(),
            seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
          }),
          initContainers: z.tuple([sidecar]),
          containers: z.tuple([z.strictObject({ name: z.string(), image: z.string(), ports, env })]),
          volumes: z.tuple([
            z.strictObject({ name: z.string(), emptyDir: z.strictObject({ sizeLimit: z.string() }) }),
          ]),
        }),
      }),
    }),
  });
  const secret = z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.literal('Secret'),
    metadata,
    type: z.literal('Opaque'),
    stringData: z.record(z.string(), z.string()),
  });
  const documents = parseAllDocuments(read('examples/kubernetes-sidecar.yaml'));
  const keys = secret.parse(documents[0]?.toJS());
  const { spec, metadata: named } = deployment.parse(documents[1]?.toJS());
  const pod = spec.template.spec;
  const [sidecast] = pod.initContainers;

  it('is two documents of sound YAML, and the deployment finds its own pods', () => {
    expect(documents.flatMap((document) => document.errors)).toEqual([]);
    expect([documents.length, named.labels]).toEqual([2, spec.selector.matchLabels]);
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
  });

  it('has ports, probes and a volume that the image has', () => {
    const exposed = sidecast.ports.map(
      ({ containerPort, protocol }) => `${containerPort}/${protocol.toLowerCase()}`,
    );
    expect(exposed.toSorted()).toEqual(EXPOSED.toSorted());
    const names = sidecast.ports.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { httpGet } of [sidecast.startupProbe, sidecast.livenessProbe]) {
      expect(names).toContain(httpGet.port);
      expect(['/readyz', '/livez']).toContain(httpGet.path);
    }
    expect(sidecast.volumeMounts).toEqual([{ name: pod.volumes[0].name, mountPath: DATA_DIR }]);
  });

  it('has variables that sidecast knows, keys from the secret, and time to end', () => {
    expect(sidecast.envFrom).toEqual([{ secretRef: { name: keys.metadata.name } }]);
    expect(problemsOf([...sidecast.env, ...Object.keys(keys.stringData).map((name) => ({ name }))])).toEqual(
      [],
    );
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(shutdownTimeoutMs);
  });
});
