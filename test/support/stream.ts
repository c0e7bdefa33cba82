// Part of the tests: a reader of server-sent events.
import { setTimeout as wait } from 'node:timers/promises';

export interface EventStream {
  /** The next one of that kind; others are passed over. */
  next<T>(event: string, withinMs?: number): Promise<T>;
  /** Of the last event that had one. */
  readonly lastId: string | undefined;
  close(): void;
}

export async function openStream(
  adminUrl: string,
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const abort = new AbortController();
  const answer = await fetch(`${adminUrl}/api/stream`, { headers, signal: abort.signal });
  if (answer.status !== 200 || !answer.body) throw new Error(`the stream was answered with ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const events: { event: string; data: string }[] = [];
  let text = '';
  let lastId: string | undefined;

  async function read(): Promise<void> {
    const { value, done } = await reader.read();
    if (done) throw new Error('the stream has ended');
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      lastId = field('id') ?? lastId;
      const event = field('event');
      if (event) events.push({ event, data: field('data') ?? '' });
    }
  }

  return {
    get lastId() {
      return lastId;
    },
    async next<T>(event: string, withinMs = 10_000) {
      const late = wait(withinMs, undefined, { ref: false }).then(() => {
        throw new Error(`no ${event} within ${withinMs} ms`);
      });
      late.catch(() => undefined);
      for (;;) {
        const found = events.shift();
        if (!found) await Promise.race([read(), late]);
        else if (found.event === event) return JSON.parse(found.data) as T;
      }
    },
    close: () => abort.abort(),
  };
}
