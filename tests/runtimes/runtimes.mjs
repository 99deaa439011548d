// Every runtime: how the suite is started on it, what it has, and which cases it excludes, with the reason.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installed } from './installation.mjs';
import { answerOfPage, answerOfWorker, outputOf } from './starting.mjs';

const starters = fileURLToPath(new URL('starters', import.meta.url));
const ownSuite = new URL('suite.mjs', import.meta.url).href;

/** What is so where the packages resolve to their builds for Node. */
const nodeBuild = {
  hasPkcs1Decryption: true,
  readsOldEncryptedPem: true,
  streamsRequests: true,
  filesModule: new URL('files.mjs', import.meta.url).href,
};
const webBuild = { hasPkcs1Decryption: false, readsOldEncryptedPem: false, streamsRequests: true };

/** A runtime with processes and standard input. */
function processRuntime(program, flags = []) {
  const starter = join(starters, 'process.mjs');
  return (suite) => async (where) =>
    JSON.parse(await outputOf([program, ...flags, starter, suite], JSON.stringify(where)));
}

const workerd = (flags) => (where, buildFolder) => answerOfWorker(buildFolder, flags, where);

const chromium = (where) =>
  answerOfPage(
    async (page) => {
      await page.goto(where.control);
      await page.waitForFunction('globalThis.runSuite !== undefined');
    },
    (page) => page.evaluate((given) => globalThis.runSuite(given), where),
  );

const exclusive = 'a copy that must not replace an object is sent again only if it was not served';
const sendsAgain = (name) =>
  `${name} itself sends a request again when a connection that it had used before is reset`;

/**
 * `start(where, buildFolder)` runs the suite. `own` is the build that the runtime itself resolves, `web` the bundle for
 * everything that is not Node.
 */
export function listRuntimes(buildFolder) {
  const webSuite = pathToFileURL(join(buildFolder, 'suite.mjs')).href;
  const both = (name, run, exclude) => [
    { name, build: 'own', traits: nodeBuild, exclude, start: run(ownSuite) },
    { name, build: 'web', traits: webBuild, exclude, start: run(webSuite) },
  ];
  const resending = (name) => ({ 'fetch transport': { [exclusive]: sendsAgain(name) } });
  return [
    ...['20', '22', '24', '26'].flatMap((version) =>
      both(`Node ${version}`, processRuntime(installed(`node-${version}`, 'bin', 'node'))),
    ),
    ...both(
      'Deno',
      processRuntime(installed('deno', 'deno'), ['run', '--allow-all', '--no-lock']),
      resending('Deno'),
    ),
    ...both('Bun', processRuntime(installed('bun', 'bin', 'bun'), ['run', '--no-install']), resending('Bun')),
    ...[[], ['nodejs_compat']].map((flags) => ({
      name: ['workerd', ...flags].join(', '),
      build: 'web',
      traits: webBuild,
      exclude: resending('workerd'),
      start: workerd(flags),
    })),
    {
      name: 'Chromium',
      build: 'web',
      traits: { ...webBuild, streamsRequests: false, isPage: true },
      exclude: {
        'fetch transport': {
          'a reset under chunks: they are never sent again': sendsAgain('Chromium'),
          [exclusive]: sendsAgain('Chromium'),
        },
      },
      start: chromium,
    },
  ];
}
