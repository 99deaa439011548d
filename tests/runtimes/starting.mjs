// How a program is started on each kind of runtime, is given something, and answers.
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromiumArguments, chromiumExecutable } from '../support/chromium.mjs';
import { cacheFolder, installed } from './installation.mjs';

const template = fileURLToPath(new URL('starters/workerd.capnp', import.meta.url));

const quietEnvironment = {
  DENO_DIR: join(cacheFolder, 'deno'),
  DENO_NO_UPDATE_CHECK: '1',
  DO_NOT_TRACK: '1',
  NO_COLOR: '1',
};

/** The last of what a program said that failed, in characters. */
const mostSaid = 4000;

/** Then a program is killed. */
const longestMs = 300_000;

/** What a process prints; it is given `input`. */
export function outputOf([program, ...args], input) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...quietEnvironment };
    const child = spawn(program, args, { env, timeout: longestMs });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output.stdout);
      else reject(new Error(`${program} ended with ${signal ?? code}:\n${output.stderr.slice(-mostSaid)}`));
    });
    // A process that cannot start does not read.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
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

/** What `worker.mjs` of a folder answers under workerd with these flags, both as JSON. */
export async function answerOfWorker(folder, flags, given) {
  const config = join(folder, `${['workerd', ...flags].join('-')}.capnp`);
  await writeFile(config, (await readFile(template, 'utf8')).replace('[FLAGS]', JSON.stringify(flags)));
  const args = ['serve', config, '--control-fd=3'];
  const child = spawn(installed('workerd', 'bin', 'workerd'), args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: longestMs,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  try {
    const port = await listeningPort(child);
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: JSON.stringify(given),
    });
    if (!response.ok) throw new Error(`the worker answered ${response.status}`);
    return await response.json();
  } catch (error) {
    throw new Error(`${error.message}\n${stderr.slice(-mostSaid)}`, { cause: error });
  } finally {
    child.kill();
  }
}

/** What a page of Chromium gives: `open` goes to it, and `ask` asks it. */
export async function answerOfPage(open, ask) {
  const { chromium } = await import(pathToFileURL(installed('playwright-core', 'index.mjs')).href);
  const browser = await chromium.launch({
    executablePath: chromiumExecutable(),
    headless: true,
    args: chromiumArguments,
  });
  try {
    const page = await browser.newPage();
    await open(page);
    return await ask(page);
  } finally {
    await browser.close();
  }
}
