// Part of cli: `sidecast sandbox [--port 4320] [--host 127.0.0.1]`: stand-ins for the four vendors, until a signal.
import { port as portNumber } from '../config/option.ts';
import type { Problem } from '../config/problems.ts';
import { readCommandLine } from './command-line.ts';
import type { Edge } from './edge.ts';

const DEFAULT_PORT = '4320';

export async function sandbox(edge: Edge): Promise<number> {
  const line = readCommandLine(edge, 'sandbox', checkPort);
  if (typeof line === 'number') return line;
  const { port = DEFAULT_PORT, host = '127.0.0.1' } = line.values;
  const { sandboxSettings, startSandbox } = await import('../sandbox/index.ts');
  const started = await startSandbox({ host, port: Number(port) });
  edge.stdout(JSON.stringify({ event: 'listening', sandbox: [started.url] }));
  edge.stdout('# Variables that make sidecast deliver here:');
  for (const [name, value] of Object.entries(sandboxSettings(started.url))) edge.stdout(`${name}=${value}`);
  await edge.signal;
  await started.close();
  return 0;
}

function checkPort({ port: value = DEFAULT_PORT }: { port?: string }): Problem[] {
  if (portNumber().safeParse(value).success) return [];
  const fix = 'Type a whole number from 0 to 65535.';
  return [{ option: '--port', source: 'flag', value, message: 'not understood', fix }];
}
