// Part of the tests: two apps that send Honeycomb keys of their own, and a sidecast that forgets keys when it ends.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';

const SHOP = 'shopshopshopshopshop22';
const MAIL = 'mailmailmailmailmail22';
/** Not known to Honeycomb. */
const WRONG = 'wrongwrongwrongwrong22';

let sandbox: Sandbox;
let sidecast: Sidecast;

beforeEach(async () => {
  sandbox = await startSandbox({ credentials: { honeycombKeys: [SHOP, MAIL] } });
  sidecast = await startSidecast({ HONEYCOMB_API_ENDPOINT: sandbox.url, SIDECAST_SHUTDOWN_TIMEOUT: '1s' });
});
afterEach(async () => {
  await sidecast?.stop();
  await sandbox.close();
});

let sent = 0;

/** One span. Resolves with its trace's id. */
async function send(key: string): Promise<string> {
  sent += 1;
  const traceId = sent.toString(16).padStart(32, 'a');
  const span = {
    traceId,
    spanId: 'cd'.repeat(8),
    name: 'request',
    startTimeUnixNano: `${Date.now()}000000`,
    endTimeUnixNano: `${Date.now() + 1}000000`,
  };
  const answer = await fetch(`${sidecast.otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-honeycomb-team': key },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  });
  expect(answer.status).toBe(200);
  return traceId;
}

const arrived = () =>
  (sandbox.items('honeycomb') as readonly { traceId: string }[]).map(({ traceId }) => traceId).toSorted();

const honeycombWhen = (
  holds: (status: { state: string; delivered: number; queued: number; code: string | undefined }) => boolean,
) =>
  eventually(
    async () => (await sidecast.status()).destinations.honeycomb,
    ({ state, reason, counts }) =>
      holds({ state, code: reason?.code, delivered: counts.delivered, queued: counts.queued }),
  );

async function textsIn(dir: string): Promise<string> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((file) =>
    file.isFile(),
  );
  const texts = files.map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
  return (await Promise.all(texts)).join('\n');
}

describe('two apps that send keys of their own', () => {
  it('are held after a restart, each until it sends its key again', async () => {
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });
    const shop = [await send(SHOP)];
    const mail = [await send(MAIL)];
    await honeycombWhen(({ state, queued }) => state === 'retrying' && queued === 2);
    await sidecast.kill('SIGTERM');
    const kept = await textsIn(sidecast.dataDir);
    for (const key of [SHOP, MAIL]) expect(kept).not.toContain(key);
    sandbox.setFault('honeycomb', { kind: 'none' });

    await sidecast.restart();
    await honeycombWhen(({ code, queued }) => code === 'key_unknown' && queued === 2);
    expect(arrived()).toEqual([]);

    shop.push(await send(SHOP));
    await honeycombWhen(({ delivered }) => delivered === 2);
    await honeycombWhen(
      ({ state, code, queued }) => state === 'blocked' && code === 'key_unknown' && queued === 1,
    );
    expect(arrived()).toEqual(shop);
    shop.push(await send(SHOP));
    await honeycombWhen(({ delivered }) => delivered === 3);

    mail.push(await send(MAIL));
    await honeycombWhen(({ state, delivered, queued }) => state === 'on' && delivered === 5 && queued === 0);
    expect(arrived()).toEqual([...shop, ...mail].toSorted());
    expect(sandbox.counts().honeycomb.items).toBe(5);
  });

  it('do not wait for one whose key Honeycomb refuses', async () => {
    await send(WRONG);
    await honeycombWhen(({ state }) => state === 'blocked');
    const shop = await send(SHOP);

    await honeycombWhen(({ delivered, queued }) => delivered === 1 && queued === 1);
    expect(arrived()).toEqual([shop]);
  });
});
