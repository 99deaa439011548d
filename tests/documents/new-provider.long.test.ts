import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './pages.js';

const require = createRequire(import.meta.url);
const programOf = (name: string, file: string): string =>
  join(dirname(require.resolve(`${name}/package.json`)), file);

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs a program of Node, whatever comes of it. */
const run = (...args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    const env = { ...process.env, VITEST: undefined, NO_COLOR: '1', FORCE_COLOR: undefined };
    execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });

// The steps of "A key provider" in CONTRIBUTING.md, in a folder of their own beside the packages that they need.
describe('a key provider in six steps', () => {
  let scratch: string;
  const inPackage = (path: string): string => join(scratch, 'packages', 'provider-cloud-hsm', path);
  const test = (): Promise<Outcome> =>
    run(
      programOf('vitest', 'vitest.mjs'),
      'run',
      '--root',
      scratch,
      '--config',
      join(root, 'vitest.config.ts'),
    );

  beforeAll(async () => {
    await mkdir(join(root, 'tests', '.cache'), { recursive: true });
    scratch = await mkdtemp(join(root, 'tests', '.cache', 'contributing-'));
    await copyFile(join(root, 'tsconfig.base.json'), join(scratch, 'tsconfig.base.json'));
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('the package is made, and its types are right', { timeout: 300_000 }, async () => {
    const made = await run('scripts/new-provider.mjs', 'cloud-hsm', join(scratch, 'packages'));
    expect(made).toMatchObject({ code: 0 });
    const manifest = JSON.parse(await readFile(inPackage('package.json'), 'utf8'));
    expect(manifest.name).toBe('@oss-envelope/provider-cloud-hsm');
    expect(Object.keys(manifest.exports)).toEqual(['.', './package.json']);
    for (const entry of await readdir(inPackage('.'), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      expect(await readFile(join(entry.parentPath, entry.name), 'utf8'), entry.name).not.toMatch(
        /acme|-aes\b/i,
      );
    }
    // Over the built declarations of the others, which a compiler reads faster than their sources.
    const compilerOptions = { customConditions: [], skipLibCheck: true };
    const project = inPackage('tsconfig.check.json');
    await writeFile(project, JSON.stringify({ extends: './tsconfig.json', compilerOptions }));
    const types = await run(programOf('typescript', 'bin/tsc'), '-p', project);
    expect(types).toEqual({ code: 0, output: '' });
  });

  it('it passes the cases as it is', { timeout: 300_000 }, async () => {
    const { code, output } = await test();
    expect(output).toMatch(/Tests {2}(?:2\d|[3-9]\d) passed/);
    expect(code).toBe(0);
  });

  it('broken in two ways, it fails two tests by name', { timeout: 300_000 }, async () => {
    const path = inPackage('src/cloud-hsm-provider.ts');
    const source = await readFile(path, 'utf8');
    const broken = source
      .replace('service.encrypt(key, label, signal)', 'service.encrypt(key, new Uint8Array(), signal)')
      .replace(
        'service.decrypt(wrapped, label, signal)',
        'service.decrypt(wrapped, new Uint8Array(), signal).catch(() => new Uint8Array(32))',
      );
    await writeFile(path, broken);
    const { code, output } = await test();
    expect(output).toMatch(/× .*sealed: a changed wrapped key does not open/);
    expect(output).toMatch(/× .*binds the label of the format in both calls/);
    expect(code).toBe(1);
  });

  it.each([
    ['no name', [], 2, /usage: node scripts\/new-provider\.mjs NAME/],
    ['a name that is none', ['Cloud HSM'], 2, /usage/],
    ['a name that is taken', ['aes'], 1, /is there already/],
  ] as const)('%s is refused, and nothing is made', async (_, args, code, said) => {
    const outcome = await run('scripts/new-provider.mjs', ...args);
    expect(outcome.code).toBe(code);
    expect(outcome.output).toMatch(said);
  });
});
