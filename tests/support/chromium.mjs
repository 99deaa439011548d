// Where Chromium is, and how it is started: for every test that needs a browser.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** What CHROMIUM_PATH says, or the first of the usual places that has it; undefined for nowhere. */
export function chromiumExecutable() {
  return process.env.CHROMIUM_PATH || usualPlaces.find((path) => existsSync(path));
}

/** What Chromium needs in a container, and what keeps it from talking to anyone unasked. */
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of Chromium, which is installed where it is missing and this is root on Debian. Throws otherwise. */
export function installChromium() {
  const found = chromiumExecutable();
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0) {
    throw new Error(
      'There is no Chromium. Install it (on Debian: apt-get install chromium), or set CHROMIUM_PATH.',
    );
  }
  console.log('Installing Chromium …');
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']]) {
    const { status, error } = spawnSync('apt-get', args, options);
    if (status !== 0)
      throw new Error(`apt-get ${args[0]} failed: Chromium could not be installed.`, { cause: error });
  }
  const installed = chromiumExecutable();
  if (installed === undefined)
    throw new Error('apt-get installed chromium, and it is in none of the usual places.');
  return installed;
}

if (process.argv[1] === import.meta.filename && process.argv[2] === 'install') installChromium();
