// Part of the tests: the sample backend, unchanged, as `python app.py` runs it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { freePort } from '../support/free-port.ts';
import { python } from './venv.ts';

export const BACKEND = join(import.meta.dirname, '..', '..', 'docker', 'sample-backend');

export interface Flask {
  /** GET; with a trace id, as a request that its caller chose to sample. Resolves with the status. */
  get(path: string, xrayTraceId?: string): Promise<number>;
  /** As get, and the X-Ray SDK is to choose. Resolves with what it chose. */
  choose(path: string, xrayTraceId: string): Promise<{ status: number; isSampled: boolean | undefined }>;
  stop(): Promise<void>;
}

/** `variables` are those that somebody who adopts sidecast sets; `folder` has another app.py. */
export async function startFlask(
  variables: Readonly<Record<string, string>>,
  folder = BACKEND,
): Promise<Flask> {
  const interpreter = await python();
  const port = await freePort();
  const child = spawn(interpreter, ['app.py'], {
    cwd: folder,
    env: {
      PATH: env['PATH'] ?? '',
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      PORT: String(port),
      OTEL_SERVICE_NAME: 'backend-flask',
      WATCHTOWER: '0',
      AWS_DEFAULT_REGION: 'us-east-1',
      ...variables,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said: string[] = [];
  const running = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (line.includes('Running on http://')) resolve();
    });
  });
  const failed = exited.then(() => {
    throw new Error(`the backend ended before it listened:\n${said.slice(-30).join('\n')}`);
  });
  failed.catch(() => undefined);
  await Promise.race([running, failed]);
  async function ask(path: string, headers: Record<string, string>): Promise<Response> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await answer.arrayBuffer();
    return answer;
  }
  return {
    async get(path, xrayTraceId) {
      const chosen = xrayTraceId ? { 'x-amzn-trace-id': `Root=${xrayTraceId};Sampled=1` } : {};
      return (await ask(path, chosen)).status;
    },
    async choose(path, xrayTraceId) {
      const answer = await ask(path, { 'x-amzn-trace-id': `Root=${xrayTraceId};Sampled=?` });
      const choice = /Sampled=([01])/.exec(answer.headers.get('x-amzn-trace-id') ?? '')?.[1];
      return { status: answer.status, isSampled: choice === undefined ? undefined : choice === '1' };
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
