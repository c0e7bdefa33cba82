// Part of the tests: the pictures of the README, made again with `SCREENSHOTS=1 npm run test:browser`; skipped otherwise.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { expect, it } from 'vitest';
import { openPage, startBrowser } from './support/browser.ts';
import { startFixtureServer } from './support/fixture-server.ts';

const FOLDER = join(import.meta.dirname, 'screenshots');
const MAX_BYTES = 120 * 1024;

it.runIf(env['SCREENSHOTS'])('are taken, and are small', async () => {
  const server = await startFixtureServer();
  const browser = await startBrowser();
  const { oddId } = server.fixture;
  const failing = `/traces/${oddId}?span=${oddId.slice(0, 10)}000005`;
  const shots = [
    ['traces-light', '/', '.heatmap tbody tr', false],
    ['trace-light', failing, '.exception', false],
    ['trace-dark', `/traces/${oddId}?sent=aws-xray`, '.as-sent', true],
    ['pipeline-dark', '/pipeline', '.letters table', true],
  ] as const;
  for (const [name, path, there, dark] of shots) {
    const { page } = await openPage(browser, server.url + path, { dark, width: 1200, height: 720 });
    await page.locator(there).first().waitFor({ state: 'attached' });
    // A few points for the chart.
    if (path === '/pipeline') await page.waitForTimeout(8000);
    const devtools = await page.context().newCDPSession(page);
    const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
    const image = Buffer.from(data, 'base64');
    await writeFile(join(FOLDER, `${name}.webp`), image);
    expect(image.length).toBeLessThan(MAX_BYTES);
    await page.context().close();
  }
  await browser.close();
  await server.close();
});
