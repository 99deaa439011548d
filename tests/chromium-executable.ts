import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium is: what CHROMIUM_PATH says, or the first of the usual places that has it; undefined for nowhere. */
export function chromiumExecutable(): string | undefined {
  return process.env.CHROMIUM_PATH || usualPlaces.find((path) => existsSync(path));
}

/** What Chromium needs in a container, and what keeps it from talking to anyone unasked. */
export const chromiumArguments: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Says that Chromium is absent. In CI it must be there. */
export function reportAbsentChromium(): void {
  it('finds Chromium', () => {
    if (process.env.CI) expect.fail('Chromium is absent, and CI must run the tests that need it');
    console.log('Chromium is absent (set CHROMIUM_PATH): the tests in a browser were not run.');
  });
}
