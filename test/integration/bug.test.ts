// Part of the tests: an error that nobody caught ends the process, after what it took is safe.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSidecast } from '../support/sidecast.ts';

const SUPPORT = join(import.meta.dirname, '..', 'support');
const BATCH = readFileSync(
  join(import.meta.dirname, '..', 'fixtures', 'captures', 'python-otel', '04-traces-small.bin'),
);

describe('an error that nobody catches', () => {
  it.each(['exception', 'rejection'])(
    'ends the process with code 1, one line, and nothing lost: %s',
    async (kind) => {
      const sidecast = await startSidecast(
        {
          HONEYCOMB_API_KEY: 'x'.repeat(22),
          HONEYCOMB_API_ENDPOINT: 'http://127.0.0.1:9',
          SIDECAST_SHUTDOWN_TIMEOUT: '1s',
        },
        { preload: join(SUPPORT, 'bug.mjs') },
      );
      const answer = await fetch(`${sidecast.otlpUrl}/v1/traces`, {
        method: 'POST',
        body: BATCH,
        headers: { 'content-type': 'application/x-protobuf' },
      });
      expect(answer.status).toBe(200);
      const { accepted } = (await sidecast.status()).destinations.honeycomb.counts;
      await sidecast.tell({ kind, text: 'password hunter2' });

      expect(await sidecast.ended()).toEqual({ code: 1, signal: null });
      const lines = sidecast.logs.filter((line) => line.startsWith('sidecast: '));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(
        /waits in the data directory.*a bug ended the process \((TypeError|Error) at /,
      );
      expect(sidecast.logs.join('\n')).not.toContain('hunter2');
      await sidecast.restart();
      expect((await sidecast.status()).destinations.honeycomb.counts.queued).toBe(accepted);
      await sidecast.stop();
    },
  );
});
