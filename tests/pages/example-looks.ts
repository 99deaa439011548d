import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { exposedHeaders } from '@oss-envelope/core';
import type { AxeResults } from 'axe-core';
import { expect, it } from 'vitest';
import { parseCorsRule } from './cors-front.js';
import { type ExampleBench, exampleFolder } from './example-bench.js';
import type { ExampleTab } from './example-tab.js';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const longName = `${'aRatherLongNameWithoutAnyPlaceToBreak'.repeat(3)}.bin`;

/** What axe finds: the rule, where, and why. */
async function violations({ page }: ExampleTab): Promise<string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'));
  const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
  // A run that looked at nothing would find nothing.
  expect(passes.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['color-contrast', 'label', 'button-name']),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}

/** Brings the page into the states that show everything it has, with texts that are as long as they get. */
async function fill(tab: ExampleTab): Promise<void> {
  await tab.page.locator('[name="kind"][value="age"]').check();
  await tab.page.locator('#key [type="submit"]').first().click();
  await tab.page.locator('.fingerprint span').first().waitFor();
  const files = tab.page.locator('#upload [type="file"]');
  await files.setInputFiles({ name: longName, mimeType: 'text/plain', buffer: Buffer.from('1') });
  await tab.page.locator('[data-part="start"]').click();
  // The second time the name is taken.
  await tab.page.locator(`#upload [data-state="stored"], #upload .problem`).waitFor();
  await files.setInputFiles({ name: longName, mimeType: 'text/plain', buffer: Buffer.from('2') });
  await tab.page.locator('[data-part="start"]').click();
  await tab.page.locator('#upload .problem').last().waitFor();
  await tab.page
    .locator('#stored .row')
    .filter({ hasText: longName })
    .locator('[data-part="verify"]')
    .click();
  await tab.page.locator('#stored .row .problem, #stored .row .done:visible').first().waitFor();
}

/** Light and dark, three sizes, both languages, and what screen readers need. */
export function looksTests(bench: ExampleBench): void {
  it.each([
    ['light', 'en-US', 'reduce'],
    ['dark', 'zh-CN', 'no-preference'],
  ] as const)(
    '%s, %s, motion: %s: axe finds nothing, and nothing has to be scrolled sideways',
    async (colorScheme, locale, reducedMotion) => {
      const tab = await bench.openTab({ colorScheme, locale, reducedMotion });
      expect(await violations(tab)).toEqual([]);
      await fill(tab);
      expect(await violations(tab)).toEqual([]);
      for (const width of [320, 390, 820, 1280]) {
        await tab.page.setViewportSize({ width, height: 900 });
        const widest = await tab.page.evaluate(() => document.documentElement.scrollWidth);
        expect(widest).toBe(width);
      }
      const ground = await tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = Number(/\d+/.exec(ground)?.[0]) > 127;
      expect(light ? 'light' : 'dark').toBe(colorScheme);
      const moves = await tab.page.evaluate(() =>
        [...document.querySelectorAll('*')].some((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return transitionDuration !== '0s' || animationName !== 'none';
        }),
      );
      expect(moves).toBe(reducedMotion === 'no-preference');
    },
  );

  it('speaks the language of the browser, until the user takes another', async () => {
    const tab = await bench.openTab({ locale: 'zh-TW' });
    const { page } = tab;
    await fill(tab);
    const language = () => page.evaluate(() => document.documentElement.lang);
    expect(await language()).toBe('zh-CN');
    expect(await page.title()).toBe('密封文件');
    // What a phrase says, whatever names and numbers it has in it.
    const foreign = () =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('[data-text]')]
          .filter(({ dataset }) => !/^(stored\.(size|time)|upload\.size)$/.test(dataset.text ?? ''))
          .map(({ textContent }) => textContent ?? '')
          .filter((text) => !/\p{Script=Han}/u.test(text)),
      );
    expect(await foreign()).toEqual([]);
    await page.getByRole('radio', { name: 'English' }).check();
    expect(await language()).toBe('en');
    const texts = await page.evaluate(() =>
      [...document.querySelectorAll('[data-text]')].map(({ textContent }) => textContent),
    );
    expect(texts.length).toBeGreaterThan(50);
    expect(texts.filter((text) => /\p{Script=Han}/u.test(text ?? ''))).toEqual([]);
    await page.reload();
    expect(await language()).toBe('en');
    expect(await page.title()).toBe('Sealed files');
  });

  it('asks the bucket to show all headers that envelopes have', async () => {
    const rule = parseCorsRule(await readFile(join(exampleFolder, 'README.md'), 'utf8'));
    expect(rule.exposedHeaders.map((name) => name.toLowerCase())).toEqual(exposedHeaders);
  });
}
