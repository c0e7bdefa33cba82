// Part of the tests: axe-core, run inside the page. A script tag would be refused by the page's own policy.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Violation {
  id: string;
  impact: string | null;
  help: string;
  nodes: readonly { html: string; failureSummary?: string }[];
}

/** Serious and critical ones, as lines to read. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: readonly Violation[];
  };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes
        .slice(0, 5)
        .map((node) => `${id}: ${help}\n${node.html.slice(0, 300)}\n${node.failureSummary ?? ''}`),
    );
}
