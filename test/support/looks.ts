import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** How pages are looked at: each language, width and colour once, for what one of them spoils it spoils with any of the others. */
export const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  [
    'in Indonesian on a phone, light',
    { locale: 'id-ID', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  ],
  [
    'in English on a wide screen, dark',
    { locale: 'en-GB', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  ],
];

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** One without an end can only be cancelled. */
const endAnimations = `for (const one of document.getAnimations())
  one.effect?.getComputedTiming().endTime === Infinity ? one.cancel() : one.finish()`;
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Where pictures of the pages go, for somebody to look at; nowhere unless it is set. */
const pictures = process.env['PAGE_PICTURES'];

/**
 * axe finds nothing on the whole page, everything is big enough, and nothing is wider than the screen. Colours are judged as
 * they are, not on their way from one to another.
 */
export async function expectUsable(page: Page, name: string): Promise<void> {
  await page.evaluate(axe);
  await page.evaluate(endAnimations);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run({ runOnly: ${JSON.stringify(tags)}, rules: { 'target-size': { enabled: true } } })`,
  );
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
  expect(found, name).toEqual([]);
  await expectNoSidewaysScroll(page);
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  const path = join(pictures, `${name.replace(/\W+/g, '-')}.png`);
  await page.screenshot({ path, fullPage: true });
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, screen] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  expect(content).toBeLessThanOrEqual(screen);
}
