// Part of the tests: the image is the same for amd64 and arm64. One machine builds one of them; this reads what the other would meet.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const steps = readFileSync(join(ROOT, 'docker/Dockerfile'), 'utf8').replace(/^#.*$/gm, '');
const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, object>;
};

it('has no step that names a processor', () => {
  expect(steps.match(/^FROM \$\{NODE_IMAGE\}/gm)).toHaveLength(2);
  expect(steps).not.toMatch(/--platform|amd64|x86|x64|arm64|aarch64|TARGETARCH|uname/i);
});

it('builds with what the lock file has for both', () => {
  for (const name of ['@esbuild/linux-x64', '@esbuild/linux-arm64'])
    expect(packages).toHaveProperty([`node_modules/${name}`]);
});

it('copies into the image nothing but JavaScript', () => {
  const copied = [...steps.matchAll(/COPY --from=build (\S+)/g)].map(([, path]) => path);

  expect(copied).toEqual(['/build/package.json', '/build/dist']);
});
