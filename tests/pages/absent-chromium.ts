import { expect, it } from 'vitest';

/** Says that Chromium is absent. In CI it must be there. */
export function reportAbsentChromium(): void {
  it('finds Chromium', () => {
    if (process.env.CI) expect.fail('Chromium is absent, and CI must run the tests that need it');
    console.log('Chromium is absent (set CHROMIUM_PATH): the tests in a browser were not run.');
  });
}
