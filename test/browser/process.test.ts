// Part of the tests: the page of the real process, delivering to the sandbox: what a developer sees beside the editor.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { sendSegment, sendSpans, toldTwice } from '../support/two-sdks.ts';
import { violationsOf } from './support/accessibility.ts';
import { chipOf, openPage, rowOf, startBrowser, type WatchedPage } from './support/browser.ts';
import { tell } from './support/requests.ts';

let browser: Browser;
let sandbox: Sandbox;
let sidecast: Sidecast;
let opened: WatchedPage;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  sandbox = await startSandbox();
  sidecast = await startSidecast(sandboxSettings(sandbox.url));
  opened = await openPage(browser, sidecast.adminUrl);
});

afterEach(async () => {
  await opened.page.context().close();
  // Nobody looks at how it ends: no reason to wait for what is still under way.
  await sidecast.kill('SIGKILL');
  await sidecast.stop();
  await sandbox.close();
  expect(opened.complaints).toEqual([]);
});

const stateOf = (traceId: string, destination: string) =>
  chipOf(opened.page, traceId, destination).getAttribute('data-state');

describe('a request', () => {
  it('turns the set-up into the list, and is there within a second of its acknowledgement', async () => {
    const { page } = opened;
    await page.getByText('Waiting for the first trace').waitFor();
    await page.getByText(`curl ${sidecast.otlpUrl}/v1/traces`).waitFor();
    await rowOf(page, await tell(sidecast.otlpUrl)).waitFor();

    const tookMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      const traceId = await tell(sidecast.otlpUrl);
      const startMs = performance.now();
      await rowOf(page, traceId).waitFor();
      tookMs.push(Math.round(performance.now() - startMs));
    }
    console.info(`from acknowledged to seen: ${tookMs.join(', ')} ms`);
    expect(Math.max(...tookMs)).toBeLessThan(1000);
  });

  it('has chips that settle: delivered where it was meant for, skipped where not', async () => {
    const traceId = await tell(sidecast.otlpUrl);
    await expect.poll(() => stateOf(traceId, 'honeycomb')).toBe('delivered');
    await expect.poll(() => stateOf(traceId, 'aws-cloudwatch-logs')).toBe('delivered');
    await expect.poll(() => stateOf(traceId, 'aws-xray'), { timeout: 15_000 }).toBe('delivered');
    await expect.poll(() => stateOf(traceId, 'rollbar')).toBe('skipped');
  });

  it('that failed says so in its row, its waterfall and its panel, and shows what was sent', async () => {
    const { page } = opened;
    const traceId = await tell(sidecast.otlpUrl, { route: '/api/boom', fails: true });
    await expect.poll(() => stateOf(traceId, 'rollbar')).toBe('delivered');
    await chipOf(page, traceId, 'honeycomb').click();

    await page.getByRole('button', { name: /ValueError: no such handle – GET \/api\/boom/ }).waitFor();
    const panel = page.getByRole('tabpanel', { name: 'Honeycomb' });
    await panel.getByText('acknowledged').waitFor();
    const sent = (await panel.locator('.as-sent').textContent()) ?? '';
    expect(sent).toContain('"stringValue": "/api/boom"');
    await page.getByRole('tab', { name: 'Span' }).click();
    await page.getByLabel('Exception').getByText('File "/app/boom.py", line 14, in run').first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });
});

it('a secret is nowhere on the page: it is marked, and counted by its rule', async () => {
  const { page } = opened;
  const password = 'correct-horse-battery';
  const traceId = await tell(sidecast.otlpUrl, { more: { 'db.password': password } });
  await rowOf(page, traceId).locator('a').first().click();
  const value = page.locator('.attributes dl > div', { hasText: 'db.password' }).locator('mark.redacted');
  await expect.poll(() => value.textContent()).toBe('*'.repeat(password.length));
  expect(await page.content()).not.toContain(password);
  await page.getByRole('link', { name: 'Pipeline' }).click();
  await page.getByRole('article', { name: 'Redaction' }).getByText('1 secret_name').waitFor();
});

describe('a request that both SDKs tell of', () => {
  it('has two rows that lead to each other, also the one that was there first', async () => {
    const { page } = opened;
    const request = toldTwice('/api/twice', 'Backend-Flask');
    const [otlpId, xrayId] = [request.otlpTraceId, request.xrayTraceId.slice(2).replace('-', '')];
    await sendSegment(request, sidecast.xrayPort);
    await rowOf(page, xrayId).waitFor();
    await sendSpans([request], 'backend-flask', sidecast.otlpUrl);
    await rowOf(page, otlpId).waitFor();

    await rowOf(page, xrayId)
      .getByRole('link', { name: `the same request as ${otlpId} (OTLP)` })
      .click();
    const openPath = () => new URL(page.url()).pathname;
    await expect.poll(openPath).toBe(`/traces/${otlpId}`);
    const inHead = page.locator('.trace-head').getByRole('link', { name: /^the same request as/ });
    expect(await inHead.textContent()).toBe(`the same request as ${xrayId.slice(0, 8)}… (X-Ray)`);
    await inHead.click();
    await expect.poll(openPath).toBe(`/traces/${xrayId}`);
    await page.getByRole('link', { name: `the same request as ${otlpId.slice(0, 8)}… (OTLP)` }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });
});

describe('a destination that is down', () => {
  it('changes its own chip and no other, is named in the head, and settles when it is back', async () => {
    const { page } = opened;
    const before = await tell(sidecast.otlpUrl, { route: '/api/before' });
    await expect.poll(() => stateOf(before, 'aws-xray'), { timeout: 15_000 }).toBe('delivered');
    sandbox.setFault('honeycomb', { kind: 'status', status: 503 });
    const during = await tell(sidecast.otlpUrl, { route: '/api/during', fails: true });

    await expect.poll(() => stateOf(during, 'honeycomb')).toBe('retrying');
    await page.locator('.destination[data-destination="honeycomb"][data-state="retrying"]').waitFor();
    for (const other of ['aws-xray', 'aws-cloudwatch-logs', 'rollbar'])
      await expect.poll(() => stateOf(during, other), { timeout: 15_000 }).toBe('delivered');
    expect(await stateOf(before, 'honeycomb')).toBe('delivered');
    const others = await page
      .locator('.destination:not([data-destination="honeycomb"])')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-state')));
    expect(others).toEqual(['on', 'on', 'on']);

    await page.locator('.destination[data-destination="honeycomb"]').click();
    await expect.poll(() => rowOf(page, before).count()).toBe(0);
    await rowOf(page, during).waitFor();
    await page.getByRole('button', { name: 'clear' }).click();
    sandbox.setFault('honeycomb', { kind: 'none' });
    await expect.poll(() => stateOf(during, 'honeycomb'), { timeout: 40_000 }).toBe('delivered');
  });
});

describe('the pipeline', () => {
  it('closes its books on screen, shows a dead letter with what the vendor said, and replays it', async () => {
    const { page } = opened;
    sandbox.setFault('rollbar', { kind: 'status', status: 422 });
    const traceId = await tell(sidecast.otlpUrl, { fails: true });
    await expect.poll(() => stateOf(traceId, 'rollbar')).toBe('rejected');
    sandbox.setFault('rollbar', { kind: 'none' });
    await page.getByRole('link', { name: 'Pipeline' }).click();
    const rollbar = page.locator('.sink[data-destination="rollbar"]');
    await rollbar.getByText('1 rejected').waitFor();
    await expect.poll(async () => adds(await rollbar.locator('.books').textContent())).toBe(true);

    const row = page.locator('.letters tr[data-destination="rollbar"]');
    await row.getByRole('button', { name: 'replay 1' }).click();
    await row.getByText('1 delivered').waitFor({ timeout: 20_000 });
    await row.getByRole('button', { name: 'replay 0' }).waitFor();
    expect(sandbox.counts().rollbar.items).toBe(1);
    await expect.poll(async () => adds(await rollbar.locator('.books').textContent())).toBe(true);
    expect(await violationsOf(page)).toEqual([]);
  });
});

/** As its table counts them. */
async function tracesInHeatmap(page: Page): Promise<number> {
  const counts = await page.locator('.heatmap tbody tr td:first-of-type').allTextContents();
  return counts.reduce((sum, traces) => sum + Number(traces), 0);
}

describe('filters', () => {
  it('narrow by attribute and text on the server, also for what comes later', async () => {
    const { page } = opened;
    const [bayko, londo] = await Promise.all(
      ['bayko', 'londo'].map((userId) => tell(sidecast.otlpUrl, { userId })),
    );
    await rowOf(page, londo ?? '').waitFor();
    await page.locator('input[data-filter]').fill('user.id=bayko');
    await page.keyboard.press('Enter');

    await expect.poll(() => rowOf(page, londo ?? '').count()).toBe(0);
    await rowOf(page, bayko ?? '').waitFor();
    const later = await tell(sidecast.otlpUrl, { userId: 'bayko' });
    const other = await tell(sidecast.otlpUrl, { userId: 'londo' });
    await rowOf(page, later).waitFor();
    expect(await rowOf(page, other).count()).toBe(0);
  });

  it('narrow by an attribute of the span that one looks at', async () => {
    const { page } = opened;
    const here = await tell(sidecast.otlpUrl, { more: { 'app.tenant': 'babylon 5' } });
    const elsewhere = await tell(sidecast.otlpUrl, { more: { 'app.tenant': 'earth' } });
    await rowOf(page, elsewhere).waitFor();
    await rowOf(page, here).locator('a').first().click();
    await page.getByTitle('Only traces with app.tenant = babylon 5').click();
    await expect.poll(() => rowOf(page, elsewhere).count()).toBe(0);
    await rowOf(page, here).waitFor();
    expect(new URL(page.url()).searchParams.get('attr')).toBe('app.tenant=babylon 5');
  });

  it('narrow to what was dragged over in the heatmap', async () => {
    const { page } = opened;
    const fast = await tell(sidecast.otlpUrl, { tookMs: 2 });
    const slow = await tell(sidecast.otlpUrl, { tookMs: 900 });
    await rowOf(page, slow).waitFor();
    // Drawn each five seconds, and possibly between the two.
    await expect.poll(() => tracesInHeatmap(page), { timeout: 15_000 }).toBe(2);
    const canvas = await page.locator('.heatmap canvas').boundingBox();
    if (!canvas) throw new Error('no heatmap');
    await page.mouse.move(canvas.x + canvas.width - 2, canvas.y + 10);
    await page.mouse.down();
    await page.mouse.move(canvas.x + canvas.width - 200, canvas.y + canvas.height * 0.5, { steps: 4 });
    await page.mouse.up();

    await expect.poll(() => rowOf(page, fast).count()).toBe(0);
    await rowOf(page, slow).waitFor();
    await page.getByRole('region', { name: 'What differs in the box' }).waitFor();
  });
});

it('the page connects again by itself, and shows what came while it was away', async () => {
  const { page } = opened;
  await rowOf(page, await tell(sidecast.otlpUrl)).waitFor();
  await sidecast.kill('SIGTERM');
  await page.getByText('disconnected, trying again').waitFor();
  await sidecast.restart();
  const traceId = await tell(sidecast.otlpUrl);
  await page.locator('.dot.live').waitFor({ timeout: 15_000 });
  await rowOf(page, traceId).waitFor();
  // What the console says of a connection that is refused is the browser's own.
  (opened.complaints as string[]).length = 0;
});

it('paints within half a second', async () => {
  const { page } = await openPage(browser, sidecast.adminUrl);
  await expect
    .poll(() => page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length))
    .toBe(1);
  const paintMs = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  );
  console.info(`first contentful paint: ${paintMs.toFixed(0)} ms`);
  expect(paintMs).toBeLessThan(500);
  await page.context().close();
});

/** `1 524 accepted = 1 294 delivered + 6 queued …` */
function adds(text: string | null): boolean {
  const numbers = [...(text ?? '').replaceAll('\u202f', '').matchAll(/(\d+) (\w+)/g)].map(
    ([, number, word]) => ({ number: Number(number), word }),
  );
  const [accepted, ...parts] = numbers;
  return (
    accepted?.word === 'accepted' &&
    parts.length === 6 &&
    parts.reduce((sum, { number }) => sum + number, 0) === accepted.number
  );
}
