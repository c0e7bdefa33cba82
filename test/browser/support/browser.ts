// Part of the tests: Chromium, and a page that remembers every error and every request to somebody else.
import { env, getuid } from 'node:process';
import { type Browser, chromium, type Page } from 'playwright-core';

const EXECUTABLE = env['CHROMIUM'] ?? '/usr/bin/chromium';

export function startBrowser(): Promise<Browser> {
  // Root has no user namespace to build the sandbox from.
  return chromium.launch({ executablePath: EXECUTABLE, args: getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

export interface WatchedPage {
  page: Page;
  /** What the console said was wrong, and requests to another host. */
  complaints: readonly string[];
}

export interface PageOptions {
  dark?: boolean;
  width?: number;
  height?: number;
}

export async function openPage(
  browser: Browser,
  url: string,
  options: PageOptions = {},
): Promise<WatchedPage> {
  const { dark = false, width = 1440, height = 900 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const { host } = new URL(url);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.protocol !== 'data:' && to.host !== host) complaints.push(`request to ${to.host}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** The row of a trace, whatever of it is in sight. */
export const rowOf = (page: Page, traceId: string) => page.locator(`.row[data-trace="${traceId}"]`);

export const chipOf = (page: Page, traceId: string, destination: string) =>
  rowOf(page, traceId).locator(`.chip[data-destination="${destination}"]`);
