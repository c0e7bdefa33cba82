// Part of the tests: where the region comes from, against ECS and EC2 metadata on loopback.
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { regionFromMetadata } from '../../src/aws/metadata.ts';
import { regionSource } from '../../src/aws/region.ts';
import { systemClock } from '../../src/model/clock.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const TASK = { TaskARN: 'arn:aws-cn:ecs:cn-north-1:123456789012:task/default/0123456789abcdef' };

/** Answers what has an answer with 200, the rest with 404; undefined never answers. */
async function metadata(answers: Readonly<Record<string, string | undefined>>) {
  const asked: string[] = [];
  const tokens: unknown[] = [];
  const listener: RequestListener = (request, response) => {
    const what = `${request.method} ${request.url}`;
    asked.push(what);
    tokens.push(request.headers['x-aws-ec2-metadata-token']);
    const known = what in answers;
    if (!known) response.writeHead(404).end();
    else if (answers[what] !== undefined) response.end(answers[what]);
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, tokens, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const DOCUMENT = 'GET /latest/dynamic/instance-identity/document';
const PLACEMENT = 'GET /latest/meta-data/placement/region';
const TOKEN = 'PUT /latest/api/token';
const of = (env: Readonly<Record<string, string>>) => regionFromMetadata({ env, clock: systemClock });

describe(regionFromMetadata, () => {
  it('asks EC2 with a token, for the identity document, as the X-Ray daemon does', async () => {
    const ec2 = await metadata({ [TOKEN]: 'the-token', [DOCUMENT]: '{"region":"ap-south-1"}' });

    const region = await of({ AWS_EC2_METADATA_SERVICE_ENDPOINT: `${ec2.url}/` });

    expect(region).toEqual({ name: 'ap-south-1', from: 'EC2 metadata' });
    expect(ec2.asked).toEqual([TOKEN, DOCUMENT]);
    expect(ec2.tokens).toEqual([undefined, 'the-token']);
  });

  it('asks EC2 without a token where it gives none, and for the placement where it has no document', async () => {
    const ec2 = await metadata({ [PLACEMENT]: 'ap-south-2\n' });

    const region = await of({ AWS_EC2_METADATA_SERVICE_ENDPOINT: ec2.url });

    expect(region?.name).toBe('ap-south-2');
    expect(ec2.asked).toEqual([TOKEN, DOCUMENT, PLACEMENT]);
  });

  it('asks EC2 without a token where the answer is lost on its way into a container', async () => {
    const ec2 = await metadata({ [TOKEN]: undefined, [DOCUMENT]: '{"region":"ap-south-1"}' });

    expect((await of({ AWS_EC2_METADATA_SERVICE_ENDPOINT: ec2.url }))?.name).toBe('ap-south-1');
  });

  it('ends after one second when nobody ever answers', async () => {
    const silent = await metadata({
      [TOKEN]: undefined,
      [DOCUMENT]: undefined,
      [PLACEMENT]: undefined,
      'GET /v4/task': undefined,
    });
    const startedAtMs = performance.now();

    const region = await of({
      AWS_EC2_METADATA_SERVICE_ENDPOINT: silent.url,
      ECS_CONTAINER_METADATA_URI_V4: `${silent.url}/v4`,
    });

    expect(region).toBeUndefined();
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
  });

  it('asks ECS first, where the task says which region it is in', async () => {
    const ecs = await metadata({ 'GET /v4/abc/task': JSON.stringify(TASK) });

    const region = await of({
      ECS_CONTAINER_METADATA_URI_V4: `${ecs.url}/v4/abc`,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: ecs.url,
    });

    expect(region).toEqual({ name: 'cn-north-1', from: 'ECS metadata' });
    expect(ecs.asked).toEqual(['GET /v4/abc/task']);
  });

  it('reads the metadata file of ECS before it asks anybody, but only where ECS says that there is one', async () => {
    const dir = await temporaryDir();
    cleanups.push(dir.remove);
    const file = join(dir.path, 'metadata.json');
    await writeFile(file, JSON.stringify(TASK));
    const ec2 = await metadata({ [DOCUMENT]: '{"region":"ap-south-1"}' });
    const env = { ECS_CONTAINER_METADATA_FILE: file, AWS_EC2_METADATA_SERVICE_ENDPOINT: ec2.url };

    expect((await of({ ...env, ECS_ENABLE_CONTAINER_METADATA: 'True' }))?.from).toBe('ECS metadata file');
    expect(ec2.asked).toEqual([]);
    expect((await of(env))?.from).toBe('EC2 metadata');
  });

  it('goes on to EC2 when what ECS has cannot be read', async () => {
    const both = await metadata({ 'GET /v4/task': '<html>', [DOCUMENT]: '{"region":"ap-south-1"}' });

    const region = await of({
      ECS_ENABLE_CONTAINER_METADATA: 'true',
      ECS_CONTAINER_METADATA_FILE: '/nonexistent.json',
      ECS_CONTAINER_METADATA_URI_V4: `${both.url}/v4`,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: both.url,
    });

    expect(region?.name).toBe('ap-south-1');
  });

  it('does not take for a region what another cloud answers at the same address', async () => {
    const other = await metadata({ [PLACEMENT]: 'nova', [DOCUMENT]: '{"region":"<html>"}' });

    expect(await of({ AWS_EC2_METADATA_SERVICE_ENDPOINT: other.url })).toBeUndefined();
  });

  it('leaves EC2 alone where AWS_EC2_METADATA_DISABLED says so', async () => {
    const ec2 = await metadata({ [DOCUMENT]: '{"region":"ap-south-1"}' });

    expect(
      await of({ AWS_EC2_METADATA_DISABLED: 'TRUE', AWS_EC2_METADATA_SERVICE_ENDPOINT: ec2.url }),
    ).toBeUndefined();
    expect(ec2.asked).toEqual([]);
  });
});

describe(regionSource, () => {
  const region = (name: string) => ({ name, from: 'somewhere' });

  it('takes the first place that knows, once for all who ask', async () => {
    const place = vi.fn(async () => region('a'));
    const never = vi.fn(async () => region('b'));
    const broken = async () => Promise.reject(new Error('no answer'));
    const source = regionSource([async () => undefined, broken, place, never], new ManualClock());

    const found = await Promise.all([source.get(), source.get()]);
    found.push(await source.get());

    expect(found.map(({ name }) => name)).toEqual(['a', 'a', 'a']);
    expect([place.mock.calls.length, never.mock.calls.length]).toEqual([1, 0]);
  });

  it('fails as no_region, looks again after ten seconds, and finds what is there by then', async () => {
    const clock = new ManualClock();
    let answer: ReturnType<typeof region> | undefined;
    const place = vi.fn(async () => answer);
    const source = regionSource([place], clock);

    await expect(source.get()).rejects.toMatchObject({ kind: 'no_region' });
    answer = region('late');
    clock.advance(9_999);
    await expect(source.get()).rejects.toMatchObject({ kind: 'no_region' });
    expect(place).toHaveBeenCalledTimes(1);
    clock.advance(1);
    expect(source.known).toBeUndefined();

    expect((await source.get()).name).toBe('late');
    expect(source.known).toBe('late');
  });
});
