// Part of cli: `sidecast sandbox [--port 4320] [--host 127.0.0.1]`: stand-ins for the four vendors, until a signal.
import { parseArgs } from 'node:util';
import type { Edge } from './edge.ts';

const DEFAULT_PORT = '4320';

export async function sandbox(edge: Edge): Promise<number> {
  const { values } = parseArgs({
    args: [...edge.flags],
    options: {
      port: { type: 'string', default: DEFAULT_PORT },
      host: { type: 'string', default: '127.0.0.1' },
    },
  });
  const { sandboxSettings, startSandbox } = await import('../sandbox/index.ts');
  const started = await startSandbox({ host: values.host, port: Number(values.port) });
  edge.stdout(JSON.stringify({ event: 'listening', sandbox: [started.url] }));
  edge.stdout('# Variables that make sidecast deliver here:');
  for (const [name, value] of Object.entries(sandboxSettings(started.url))) edge.stdout(`${name}=${value}`);
  await edge.signal;
  await started.close();
  return 0;
}
