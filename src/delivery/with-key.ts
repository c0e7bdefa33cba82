// Part of delivery: a request under a key that may be renewed while sidecast runs.
import type { Secret } from '../model/secret.ts';
import type { ExportResult } from './exporter.ts';

/** Where the vendor refuses the key, and another one is there by now, the same request goes out again with that. */
export async function sendWithKey(
  secret: Secret | undefined,
  send: (key: string) => Promise<ExportResult>,
): Promise<ExportResult> {
  const key = secret?.reveal() ?? '';
  const result = await send(key);
  if (!secret || result.status !== 'blocked') return result;
  secret.refresh();
  return secret.reveal() === key ? result : send(secret.reveal());
}
