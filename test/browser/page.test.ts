// Part of the tests: the page in Chromium, with made-up traces: sizes, states that are hard to bring about, and who cannot see or point.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TraceRow } from '../../src/admin/api/shapes.ts';
import { violationsOf } from './support/accessibility.ts';
import { openPage, rowOf, startBrowser } from './support/browser.ts';
import { type FixtureServer, startFixtureServer } from './support/fixture-server.ts';

let browser: Browser;
let busy: FixtureServer;
let quiet: FixtureServer;

beforeAll(async () => {
  [browser, busy, quiet] = await Promise.all([
    startBrowser(),
    startFixtureServer(),
    startFixtureServer({ traces: 0 }),
  ]);
});

afterAll(async () => {
  await browser.close();
  await Promise.all([busy.close(), quiet.close()]);
});

/** At the address, once its first row is there. */
async function openList(path = '/') {
  const opened = await openPage(browser, busy.url + path);
  await opened.page.locator('.row[data-trace]').first().waitFor();
  return opened;
}

describe('the list', () => {
  it('shows at least 24 traces in 900 pixels, and draws no more than are in sight', async () => {
    const { page, complaints } = await openList();
    const rows = page.locator('.row[data-trace]');
    const view = await page.locator('.list .rows').boundingBox();
    const boxes = await Promise.all((await rows.all()).map((row) => row.boundingBox()));
    const inSight = boxes.filter((box) => box && view && box.y + box.height <= view.y + view.height);

    expect(inSight.length).toBeGreaterThanOrEqual(24);
    expect(await rows.count()).toBeLessThan(60);
    expect(await page.locator('.sum').textContent()).toBe('2000 traces');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('can be scrolled to its end', async () => {
    const { page } = await openList();
    const oldest = busy.fixture.rows.at(-1) as TraceRow;
    await expect
      .poll(
        async () => {
          await page.locator('.list .rows').evaluate((list) => list.scrollTo(0, list.scrollHeight));
          return rowOf(page, oldest.id).count();
        },
        { timeout: 10_000 },
      )
      .toBe(1);
    await page.context().close();
  });

  it('counts what arrives while it is paused, and shows it when it goes on', async () => {
    const { page } = await openList();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'resume' }).waitFor();
    const row = {
      ...(busy.fixture.rows[50] as TraceRow),
      id: 'f'.repeat(32),
      startUnixNano: `${Date.now()}000000`,
    };
    busy.arrive(row);

    await page.getByRole('button', { name: 'resume, 1 new' }).waitFor();
    expect(await rowOf(page, row.id).count()).toBe(0);
    await page.keyboard.press('Space');
    await rowOf(page, row.id).waitFor();
    busy.fixture.rows.shift();
    await page.context().close();
  });

  it('keeps its filter in the address, where it can be pasted', async () => {
    const { page } = await openList();
    await page.getByLabel('status').selectOption('5xx');
    await page.locator('input[data-filter]').fill('user.id=bayko');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).search).toBe('?status=5xx&attr=user.id%3Dbayko');
    const { page: pasted } = await openList(new URL(page.url()).search);

    await expect.poll(async () => (await pasted.locator('.row .code.is-bad').count()) > 3).toBe(true);
    const users = await pasted.locator('.row[data-trace] .user').allTextContents();
    expect(new Set(users)).toEqual(new Set(['bayko']));
    await pasted.getByRole('button', { name: 'Remove the filter user.id=bayko' }).click();
    await expect.poll(() => new URL(pasted.url()).search).toBe('?status=5xx');
    await page.context().close();
    await pasted.context().close();
  });

  it('is filtered by a box that is dragged in the heatmap, which then says what differs inside it', async () => {
    const { page, complaints } = await openList();
    const canvas = await page.locator('.heatmap canvas').boundingBox();
    if (!canvas) throw new Error('no heatmap');
    await page.mouse.move(canvas.x + canvas.width - 200, canvas.y + 20);
    await page.mouse.down();
    await page.mouse.move(canvas.x + canvas.width - 60, canvas.y + 70, { steps: 4 });
    await page.mouse.up();

    await expect.poll(() => page.locator('.sum').textContent()).toMatch(/^\d+ of 2000 traces$/);
    const query = new URL(page.url()).searchParams;
    expect([...query.keys()]).toEqual(['from', 'to', 'minMs', 'maxMs']);
    await page.getByRole('region', { name: 'What differs in the box' }).getByText('user.id').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is filtered by a box that is drawn in the heatmap by keys alone, and says each step to who does not see it', async () => {
    const { page, complaints } = await openList();
    const map = page.getByRole('application', { name: /^Latency over time/ });
    const said = page.locator('.heatmap [aria-live]');
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.locator('.heatmap tbody tr').first().waitFor({ state: 'attached' });
    while (!(await map.evaluate((canvas) => document.activeElement === canvas))) await press('Tab');
    await press('ArrowLeft', 'ArrowLeft', 'ArrowLeft');
    const inOne = /^\d\d:\d\d:\d\d · [\d.]+ .?s to [\d.]+ .?s: \d+/;
    await expect.poll(() => said.textContent()).toMatch(inOne);
    await press(...Array<string>(6).fill('Shift+ArrowLeft'), ...Array<string>(9).fill('Shift+ArrowUp'));
    const inBox = /^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d · .* to .*: (\d+)/;
    await expect.poll(() => said.textContent()).toMatch(inBox);
    const traces = Number(inBox.exec((await said.textContent()) ?? '')?.[1]);
    expect(new URL(page.url()).search).toBe('');

    await press('Enter');
    await expect.poll(() => page.locator('.sum').textContent()).toBe(`${traces} of 2000 traces`);
    const query = new URL(page.url()).searchParams;
    expect(Number(query.get('to')) - Number(query.get('from'))).toBe(7 * 5000);
    await press('Escape');
    await expect.poll(() => page.locator('.sum').textContent()).toBe('2000 traces');
    expect(await violationsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows what a destination lacks', async () => {
    const { page } = await openList();
    await page.locator('.destination[data-destination="aws-xray"]').click();
    await expect.poll(() => page.locator('.sum').textContent()).toMatch(/^\d+ of 2000 traces$/);
    const states = await page
      .locator('.row[data-trace] .chip[data-destination="aws-xray"]')
      .evaluateAll((chips) => chips.map((chip) => chip.getAttribute('data-state')));

    expect(states.length).toBeGreaterThan(10);
    expect(states).not.toContain('delivered');
    await page.context().close();
  });
});

describe('the keyboard', () => {
  it('walks, opens, walks on with the next one open, and closes', async () => {
    const { page } = await openList();
    const [first, second, third] = busy.fixture.rows as [TraceRow, TraceRow, TraceRow];
    const openId = () => /^\/traces\/(.+)$/.exec(new URL(page.url()).pathname)?.[1];
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect.poll(() => rowOf(page, second.id).getAttribute('class')).toContain('is-current');
    await page.keyboard.press('Enter');
    await expect.poll(openId).toBe(second.id);
    await page.keyboard.press('j');
    await expect.poll(openId).toBe(third.id);
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await expect.poll(openId).toBe(first.id);
    await page.keyboard.press('Escape');
    await expect.poll(openId).toBeUndefined();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-filter'))).toBe(true);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys and signs' }).waitFor();
    await page.context().close();
  });

  it('walks the spans of a trace and folds them', async () => {
    const { page } = await openList(`/traces/${busy.fixture.oddId}`);
    await page.getByRole('treeitem', { name: /^GET \/api\/boom/ }).focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('[role=treeitem]:focus').textContent()).toContain('load profile');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.getByRole('treeitem', { name: /^SELECT users/ }).count()).toBe(0);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('treeitem', { name: /^SELECT users/ }).waitFor();
    expect(new URL(page.url()).searchParams.get('span')).toBe(`${busy.fixture.oddId.slice(0, 10)}000001`);
    await page.context().close();
  });
});

describe('an opened trace', () => {
  it('says what failed and where in the app, shows a parent that is missing, a clock that is off, and logs in place', async () => {
    const { page, complaints } = await openList(`/traces/${busy.fixture.oddId}`);
    await page
      .getByRole('button', { name: /ValueError: the handle andrewbrown is not known – boom.run/ })
      .click();

    await page
      .getByLabel('Exception')
      .getByText('File "/backend-flask/services/boom.py", line 14, in run')
      .first()
      .waitFor();
    await page.getByText('3 frames of libraries').waitFor();
    await page.getByRole('treeitem', { name: /^parent .* not received here$/ }).waitFor();
    await page.getByText(/The clock of ledger is 128 ms behind/).waitFor();
    await page.locator('.log-row', { hasText: 'the handle andrewbrown is not known, asked with' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('tells of each destination what became of it, what the vendor said, and what was sent', async () => {
    const { page } = await openList();
    await rowOf(page, busy.fixture.oddId).locator('.chip[data-destination="aws-xray"]').click();

    const panel = page.getByRole('tabpanel', { name: 'AWS X-Ray' });
    await panel.getByText('503 Service Unavailable').waitFor();
    await panel.getByText('"trace_id": "1-674f3b2a-5d1e8c7f0a9b4c6d2e1f3a5b"').waitFor();
    expect(new URL(page.url()).searchParams.get('sent')).toBe('aws-xray');
    await page.context().close();
  });

  it('can be copied', async () => {
    const { page } = await openList(`/traces/${busy.fixture.oddId}`);
    await page.getByRole('button', { name: 'curl' }).click();
    await page.getByRole('button', { name: 'copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      'curl -i http://localhost:4567/api/boom',
    );
    await page.getByRole('button', { name: 'Markdown' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('# GET /api/boom\n');
    await page.getByRole('button', { name: 'OTLP/JSON' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('{"resourceSpans":[]}');
    await page.context().close();
  });

  it('is seen closer by keys and by dragging over its axis, and the ruler follows', async () => {
    const { page, complaints } = await openList(`/traces/${busy.fixture.oddId}`);
    const axis = page.locator('.axis');
    const ticks = () => axis.locator('.tick').allTextContents();
    const bar = page.getByRole('treeitem', { name: /^SELECT users/ }).locator('.bar');
    const widthOf = async () => (await bar.boundingBox())?.width ?? 0;
    await page.getByRole('treeitem', { name: /^SELECT users/ }).click();
    const [whole, before] = [await ticks(), await widthOf()];
    expect(whole[0]).toMatch(/^0/);
    await page.keyboard.press('+');
    await expect.poll(widthOf).toBeGreaterThan(before * 1.9);
    expect(await ticks()).not.toEqual(whole);
    await page.getByRole('status').getByText('0 ms to 59.2 ms of 118 ms').waitFor();
    await page
      .getByRole('treeitem', { name: /^consume audit/ })
      .getByText('44.0 ms ›')
      .waitFor();
    await page.keyboard.press('0');
    await expect.poll(ticks).toEqual(whole);
    await expect.poll(widthOf).toBeCloseTo(before, 0);

    const area = await axis.boundingBox();
    if (!area) throw new Error('no axis');
    await page.mouse.move(area.x + area.width / 2, area.y + 8);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width * 0.75, area.y + 8, { steps: 3 });
    await page.mouse.up();
    await page.getByRole('status').getByText('59.2 ms to 88.8 ms of 118 ms').waitFor();
    expect(await ticks()).toContain('70 ms');
    expect(await bar.count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'show all' }).click();
    await expect.poll(ticks).toEqual(whole);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('scrolls through ten thousand spans without a stutter', async () => {
    const { page, complaints } = await openList(`/traces/${busy.fixture.bigId}`);
    await page.getByRole('treeitem').first().waitFor();
    const frames = await page.locator('.waterfall-rows').evaluate(
      (scroller) =>
        new Promise<number[]>((resolve) => {
          const times: number[] = [];
          const step = (now: number) => {
            times.push(now);
            scroller.scrollTop += 800;
            if (times.length < 120) requestAnimationFrame(step);
            else resolve(times.slice(1).map((time, index) => time - (times[index] ?? time)));
          };
          requestAnimationFrame(step);
        }),
    );
    frames.sort((a, b) => a - b);
    const median = frames[Math.floor(frames.length / 2)] ?? 0;
    console.info(
      `scrolling 10,000 spans: median frame ${median.toFixed(1)} ms, slowest ${frames.at(-1)?.toFixed(1)} ms`,
    );

    expect(await page.getByRole('treeitem').count()).toBeLessThan(120);
    // A shared machine without a graphics card: a stutter that a person sees would be several times this.
    expect(median).toBeLessThan(34);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('what was taken out', () => {
  it('is marked where it was, with the rule and the way to keep it: in attributes, in logs and in what was sent', async () => {
    const { page, complaints } = await openList(`/traces/${busy.fixture.oddId}`);
    const marks = page.locator('.panel mark.redacted');
    const header = page.locator('.attributes dl > div', { hasText: 'http.request.header.authorization' });
    await header.getByText('redacted', { exact: true }).waitFor();
    expect(await header.locator('mark').getAttribute('title')).toMatch(
      /by secret_name .* add http\.request\.header\.authorization to SIDECAST_REDACT_ALLOW\.$/,
    );
    const ground = await page.evaluate(() => getComputedStyle(document.body).color);
    expect(await header.locator('mark').evaluate((mark) => getComputedStyle(mark).color)).not.toBe(ground);
    const inLog = page.locator('.log-row mark.redacted');
    expect(await inLog.textContent()).toBe('**************** redacted');
    expect(await inLog.getAttribute('title')).toContain('by bearer_token');

    await page.getByRole('treeitem', { name: /^GET ledger/ }).click();
    await expect.poll(() => marks.first().getAttribute('title')).toContain('by url_userinfo');
    await page.getByRole('tab', { name: 'X-Ray' }).click();
    const sent = page.getByRole('tabpanel', { name: 'AWS X-Ray' });
    await sent.getByText('1 redacted').waitFor();
    expect(await sent.locator('.as-sent mark.redacted').getAttribute('title')).toContain('secret_name');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is counted by rule in the pipeline', async () => {
    const { page } = await openPage(browser, `${busy.url}/pipeline`);
    const box = page.getByRole('article', { name: 'Redaction' });
    await box.getByText('41\u202f207 secret_name').waitFor();
    await box.getByText('4 card_number').waitFor();
    await page.context().close();
  });
});

it('the chart of the pipeline says the newest numbers, before anybody points at it', async () => {
  const { page } = await openPage(browser, `${busy.url}/pipeline`);
  const received = page.locator('.u-legend .u-series', { hasText: 'received' }).locator('.u-value');
  await expect.poll(() => received.textContent()).toMatch(/^\d+\/s$/);
  await page.context().close();
});

it('at 1280 pixels the head has one line and the tabs of a trace have one, whatever state destinations are in', async () => {
  const { page } = await openPage(browser, `${busy.url}/traces/${busy.fixture.oddId}`, { width: 1280 });
  await page.getByRole('tab').first().waitFor();
  const tops = (selector: string) =>
    page
      .locator(selector)
      .evaluateAll((all) => new Set(all.map((one) => one.getBoundingClientRect().top)).size);
  expect([await tops('.destination'), await tops('[role=tab]')]).toEqual([1, 1]);
  const headPx = await page.locator('.head').evaluate((head) => head.clientHeight);
  expect(headPx).toBeLessThan(40);
  await page.context().close();
});

describe('before the first trace', () => {
  it('the page says what to set, with the real ports, and turns into the list by itself', async () => {
    const { page, complaints } = await openPage(browser, quiet.url);
    await page.getByText('OTEL_EXPORTER_OTLP_ENDPOINT: http://sidecast:4318').waitFor();
    await page.getByText('Set ROLLBAR_ACCESS_TOKEN.').waitFor();
    quiet.arrive(busy.fixture.rows[9] as TraceRow);

    await rowOf(page, busy.fixture.rows[9]?.id ?? '').waitFor();
    expect(complaints).toEqual([]);
    quiet.fixture.rows.length = 0;
    await page.context().close();
  });
});

describe('the routes', () => {
  it('are sorted by what one asks for, filter the list, and are a turn away where there is no room for both', async () => {
    const { page } = await openPage(browser, busy.url, { width: 800 });
    const routes = page.getByRole('region', { name: 'Routes' });
    await page.getByRole('button', { name: 'routes', exact: true }).click();
    await routes.getByRole('button', { name: 'p95' }).click();
    await routes.getByRole('button', { name: '/api/slow' }).click();

    await expect.poll(() => new URL(page.url()).search).toBe('?route=%2Fapi%2Fslow');
    const names = await routes.locator('tbody th').allTextContents();
    expect(names.slice(0, 2)).toEqual(['nightly export', '/api/slow']);
    await page.context().close();
  });
});

describe('for everybody', () => {
  const views = ['/', '/logs', '/pipeline', 'odd', 'sent', 'setup'] as const;
  for (const dark of [false, true]) {
    for (const view of views) {
      it(`has no serious violation: ${view}, ${dark ? 'dark' : 'light'}`, async () => {
        const { oddId } = busy.fixture;
        const path =
          view === 'odd'
            ? `/traces/${oddId}?span=${oddId.slice(0, 10)}000005`
            : view === 'sent'
              ? `/traces/${oddId}?sent=aws-xray`
              : view === 'setup'
                ? '/'
                : view;
        const { page, complaints } = await openPage(browser, (view === 'setup' ? quiet : busy).url + path, {
          dark,
        });
        await page
          .locator('.row[data-trace], .rows.logs .row.is-bad, .letters table, .snippet')
          .first()
          .waitFor();
        if (view === 'odd') await page.getByLabel('Exception').waitFor();
        if (view === 'sent') await page.locator('.as-sent').waitFor();

        expect(await violationsOf(page)).toEqual([]);
        expect(complaints).toEqual([]);
        await page.context().close();
      });
    }
  }

  it('fits 360 pixels without scrolling sideways', async () => {
    for (const path of ['/', `/traces/${busy.fixture.oddId}`, '/logs', '/pipeline']) {
      const { page } = await openPage(browser, busy.url + path, { width: 360, height: 740 });
      await page.locator('.row[data-trace], .rows.logs .row, .letters table').first().waitFor();
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect([path, wide]).toEqual([path, room]);
      await page.context().close();
    }
  });
});
