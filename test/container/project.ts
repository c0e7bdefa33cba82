// Part of the tests: compose.yaml as somebody without any account starts it, under a project name and on ports of its own.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import type { Engine } from './engine.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Builds install packages, and not every engine's default network reaches a registry. */
const OVERRIDE = `services:
  backend: { build: { network: host } }
  sidecast: { build: { network: host } }
  sandbox: { build: { network: host } }
`;

export type Service = 'backend' | 'sidecast' | 'sandbox';

export interface Project {
  readonly backendUrl: string;
  readonly adminUrl: string;
  readonly sandboxUrl: string;
  compose(args: readonly string[]): Promise<string>;
  up(): Promise<void>;
  containerOf(service: Service): Promise<string>;
  /** Removes containers, networks, volumes and images of this project. */
  down(): Promise<void>;
}

export interface ProjectOptions {
  name?: string;
  /** `none`: as without an .env, whatever somebody who runs the tests has in theirs. */
  keys?: 'sandbox' | 'none';
}

export async function createProject(
  engine: Engine,
  { name = 'sidecast-test', keys = 'sandbox' }: ProjectOptions = {},
): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'sidecast-compose-'));
  const override = join(folder, 'override.yaml');
  await writeFile(override, OVERRIDE);
  const noKeys = join(folder, 'none.env');
  await writeFile(noKeys, '');
  const envFile = keys === 'none' ? noKeys : join(ROOT, 'docker', 'sandbox.env');
  const [backend, admin, sandbox] = await freePorts(3);
  const variables = {
    BACKEND_PORT: String(backend),
    ADMIN_PORT: String(admin),
    SANDBOX_PORT: String(sandbox),
  };
  const files = ['-f', join(ROOT, 'compose.yaml'), '-f', override];
  const settings = ['--env-file', envFile, '--project-directory', ROOT];
  const compose = (args: readonly string[]) =>
    engine.compose(['-p', `${name}-${pid}`, ...settings, ...files, ...args], variables);
  return {
    backendUrl: `http://127.0.0.1:${backend}`,
    adminUrl: `http://127.0.0.1:${admin}`,
    sandboxUrl: `http://127.0.0.1:${sandbox}`,
    compose,
    async up() {
      await compose(['up', '-d', '--build']);
    },
    containerOf: (service) => compose(['ps', '-q', service]),
    async down() {
      await compose(['down', '-v', '--rmi', 'local', '--remove-orphans']);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** All at once, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  return ports;
}
