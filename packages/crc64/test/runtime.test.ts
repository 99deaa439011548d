import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const sources = new URL('../src/', import.meta.url);
let folder: string;

/** In a process of its own: what is available, and the CRC of 300,000 zero bytes by the default. */
const report = `
import * as crc64 from './index.js';
console.log(JSON.stringify([crc64.availableCrc64Implementations(), crc64.crc64(new Uint8Array(300000)).toString()]));
`;

/** The same in a realm with nothing but the language, atob and, when allowed, the compiling of WebAssembly. */
const realm = `
import { readFile } from 'node:fs/promises';
import vm from 'node:vm';
const context = vm.createContext({ atob, report: undefined }, {
  codeGeneration: { strings: false, wasm: process.argv[2] === 'allowed' },
});
const modules = new Map();
async function load(name) {
  if (!modules.has(name)) {
    const text = await readFile(new URL(name, import.meta.url), 'utf8');
    modules.set(name, new vm.SourceTextModule(text, { context, identifier: name }));
  }
  return modules.get(name);
}
const index = await load('./index.js');
await index.link(load);
await index.evaluate();
const { availableCrc64Implementations, crc64 } = index.namespace;
console.log(JSON.stringify([availableCrc64Implementations(), crc64(new Uint8Array(300000)).toString()]));
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crc64-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const name of await readdir(sources)) {
    const { outputText } = ts.transpileModule(await readFile(new URL(name, sources), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    await writeFile(join(folder, name.replace(/\.ts$/, '.js')), outputText);
  }
  await writeFile(join(folder, 'report.mjs'), report);
  await writeFile(join(folder, 'realm.mjs'), realm);
});

afterAll(() => rm(folder, { recursive: true }));

async function result(...args: string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, args, { cwd: folder });
  return JSON.parse(stdout);
}

// as XZ Utils 5.4 has it
const zeros = '15036392798220295967';

describe('the implementation follows the runtime', () => {
  test('all that Node has', async () => {
    expect(await result('report.mjs')).toEqual([['wasm-simd', 'wasm', 'js'], zeros]);
  });

  // V8 has no WebAssembly SIMD on an x64 machine without sse 4.1
  test.runIf(process.arch === 'x64')('WebAssembly without SIMD', async () => {
    expect(await result('--no-enable-sse4-1', 'report.mjs')).toEqual([['wasm', 'js'], zeros]);
  });

  test('no WebAssembly at all', async () => {
    expect(await result('--jitless', 'report.mjs')).toEqual([['js'], zeros]);
  });

  test('a realm that forbids to compile WebAssembly, as a content security policy does', async () => {
    expect(await result('--experimental-vm-modules', 'realm.mjs', 'forbidden')).toEqual([['js'], zeros]);
  });

  test('the same realm when it allows it: no Node globals are needed', async () => {
    expect(await result('--experimental-vm-modules', 'realm.mjs', 'allowed')).toEqual([
      ['wasm-simd', 'wasm', 'js'],
      zeros,
    ]);
  });
});

test('an implementation that is not there is refused', async () => {
  await writeFile(
    join(folder, 'refused.mjs'),
    `import { createCrc64 } from './index.js';
    try { createCrc64({ implementation: 'wasm-simd' }); } catch (error) { console.log(JSON.stringify(error.message)); }`,
  );
  expect(await result('--jitless', 'refused.mjs')).toMatch(/wasm-simd is not available/);
});
