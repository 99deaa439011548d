// Every runtime: how the suite is started on it, what it has, and which cases it excludes, with the reason.
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromiumArguments, chromiumExecutable } from '../support/chromium.mjs';
import { cacheFolder, installed } from './installation.mjs';

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

const quietEnvironment = {
  DENO_DIR: join(cacheFolder, 'deno'),
  DENO_NO_UPDATE_CHECK: '1',
  DO_NOT_TRACK: '1',
  NO_COLOR: '1',
};

/** What a process prints; it is given `input`, and killed after five minutes. */
function outputOf(program, args, input) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...quietEnvironment };
    const child = spawn(program, args, { env, timeout: 300_000 });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output.stdout);
      else reject(new Error(`${program} ended with ${signal ?? code}:\n${output.stderr.slice(-4000)}`));
    });
    // A process that cannot start does not read.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** A runtime with processes and standard input. */
function processRuntime(program, flags = []) {
  const starter = join(starters, 'process.mjs');
  return (suite) => async (where) =>
    JSON.parse(await outputOf(program, [...flags, starter, suite], JSON.stringify(where)));
}

async function listeningPort(child) {
  let text = '';
  for await (const chunk of child.stdio[3]) {
    text += chunk;
    const line = text.split('\n').find((candidate) => candidate.includes('"listen"'));
    if (line) return JSON.parse(line).port;
  }
  throw new Error('workerd did not start');
}

const workerd = (flags) => async (where, buildFolder) => {
  const template = await readFile(join(starters, 'workerd.capnp'), 'utf8');
  const config = join(buildFolder, `${['workerd', ...flags].join('-')}.capnp`);
  await writeFile(config, template.replace('[FLAGS]', JSON.stringify(flags)));
  const args = ['serve', config, '--control-fd=3'];
  const child = spawn(installed('workerd', 'bin', 'workerd'), args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  try {
    const port = await listeningPort(child);
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: JSON.stringify(where),
    });
    if (!response.ok) throw new Error(`the worker answered ${response.status}`);
    return await response.json();
  } catch (error) {
    throw new Error(`${error.message}\n${stderr.slice(-4000)}`, { cause: error });
  } finally {
    child.kill();
  }
};

async function chromium(where) {
  const { chromium: browserType } = await import(
    pathToFileURL(installed('playwright-core', 'index.mjs')).href
  );
  const browser = await browserType.launch({
    executablePath: chromiumExecutable(),
    headless: true,
    args: chromiumArguments,
  });
  try {
    const page = await browser.newPage();
    await page.goto(where.control);
    await page.waitForFunction('globalThis.runSuite !== undefined');
    return await page.evaluate((given) => globalThis.runSuite(given), where);
  } finally {
    await browser.close();
  }
}

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
