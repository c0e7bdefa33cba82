// Part of the tests: the order of stopping, and that nothing that hangs can stretch it.
import { describe, expect, it } from 'vitest';
import { shutDown } from '../../src/app/shutdown.ts';

/** The shares of the last two seconds in a timeout so short: close at 300 ms, cut at 450 ms, deadline at 555 ms. */
const TIMEOUT_MS = 600;
/** Node's timers may fire a millisecond early. */
const EARLY_MS = 2;

type Part = 'receiver' | 'delivery' | 'journal' | 'admin';

/** Parts that note when they are stopped; those in `hanging` resolve only when their deadline aborts, or never. */
function rig(hanging: Partial<Record<Part, 'until its deadline' | 'for ever'>> = {}) {
  const startedMs = performance.now();
  const stopped: { part: Part; atMs: number }[] = [];
  const listeners = new Set<() => void>();
  const part = (name: Part) => ({
    async shutdown(deadline: AbortSignal) {
      stopped.push({ part: name, atMs: performance.now() - startedMs });
      if (hanging[name]) {
        await new Promise<void>((resolve) => {
          if (hanging[name] === 'until its deadline') deadline.addEventListener('abort', () => resolve());
        });
      }
    },
  });
  const journal = {
    ...part('journal'),
    onAppend(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    stopped,
    append: () => {
      for (const listener of listeners) listener();
    },
    async stop(timeoutMs = TIMEOUT_MS) {
      const options = { timeoutMs, receivers: [part('receiver')], deliveries: [part('delivery')] };
      await shutDown({ ...options, journal, after: [part('admin')] });
      return performance.now() - startedMs;
    },
  };
}

const orderOf = (stopped: readonly { part: Part }[]) => stopped.map(({ part }) => part);

describe(shutDown, () => {
  it('closes receivers before deliveries, and the journal behind both', async () => {
    const { stopped, stop } = rig();
    await stop();

    expect(orderOf(stopped)).toEqual(['receiver', 'delivery', 'journal', 'admin']);
  });

  it('closes receivers after a second without input', async () => {
    const { stopped, stop } = rig();
    await stop(8000);

    expect(stopped[0]?.atMs).toBeGreaterThan(1000 - EARLY_MS);
    expect(stopped[0]?.atMs).toBeLessThan(3000);
  });

  it('goes on receiving while input comes, until it has to close', async () => {
    const { stopped, append, stop } = rig();
    const input = setInterval(append, 20);
    await stop(3000);
    clearInterval(input);

    // Half of a timeout below four seconds; without input it would have been one second.
    expect(stopped[0]?.atMs).toBeGreaterThan(1500 - EARLY_MS);
  });

  it('cuts a request that never ends in time for what is there to be flushed', async () => {
    const { stopped, stop } = rig({ receiver: 'until its deadline' });
    await stop();

    expect(orderOf(stopped)).toEqual(['receiver', 'delivery', 'journal', 'admin']);
    expect(stopped[1]?.atMs).toBeLessThan(TIMEOUT_MS - 45);
  });

  it('writes the journal when no destination answers', async () => {
    const { stopped, stop } = rig({ delivery: 'until its deadline' });
    const tookMs = await stop();

    expect(orderOf(stopped)).toContain('journal');
    expect(tookMs).toBeLessThan(TIMEOUT_MS + 100);
  });

  it.each(['receiver', 'delivery', 'journal', 'admin'] as const)(
    'is over at the deadline although the %s hangs for ever',
    async (part) => {
      const tookMs = await rig({ [part]: 'for ever' }).stop();

      expect(tookMs).toBeGreaterThan(TIMEOUT_MS - EARLY_MS);
      expect(tookMs).toBeLessThan(TIMEOUT_MS + 200);
    },
  );
});
