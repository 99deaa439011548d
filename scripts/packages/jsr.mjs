// The packages as JSR takes them: the build for the web, with its types, under a jsr.json that follows package.json.
// JSR and Deno know no conditions in `exports` and `imports`, and the build for the web has none left. Deno has all that
// it uses. What is for Node only, Deno takes from npm.
//
//   node scripts/packages/jsr.mjs --dry-run DENO   stages every package, and lets Deno try the publication
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publishedPackages } from './published.mjs';

/** Packages for JSR. The others are for Node, or bring what is not on JSR. */
const folders = ['crc64', 'core', 'provider-rsa', 'provider-aes', 'provider-kms', 'transport-fetch'];

/** The entries of a package that are built for the web. */
function webExports(manifest) {
  return Object.fromEntries(
    Object.entries(manifest.exports).flatMap(([subpath, target]) =>
      target.import?.node === undefined ? [] : [[subpath, target.import.default]],
    ),
  );
}

/** The jsr.json of a package. */
export function jsrManifest(manifest) {
  const versions = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter((name) =>
    name.startsWith('@oss-envelope/'),
  );
  return {
    name: manifest.name,
    version: manifest.version,
    license: manifest.license,
    exports: webExports(manifest),
    imports: Object.fromEntries(versions.map((name) => [name, `jsr:${name}@^${manifest.version}`])),
    publish: { include: ['dist', 'README.md', 'LICENSE'] },
  };
}

/** In declarations every import names the file with the types, as Deno resolves it. */
const withDeclarations = (text) =>
  text.replace(/((?:from|import)\s*\(?\s*["'])([.]{1,2}\/[^"']+)[.]js(["'])/g, '$1$2.d.ts$3');

async function stage(folder, { path, manifest }) {
  await mkdir(folder, { recursive: true });
  for (const file of ['README.md', 'LICENSE']) await cp(join(path, file), join(folder, file));
  const dist = join(folder, 'dist');
  const nodeBuilds = [join(path, 'dist/cjs'), join(path, 'dist/esm')];
  await cp(join(path, 'dist'), dist, { recursive: true, filter: (file) => !nodeBuilds.includes(file) });
  for (const file of await readdir(dist, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    await writeFile(join(dist, file), withDeclarations(await readFile(join(dist, file), 'utf8')));
  }
  const described = jsrManifest(manifest);
  for (const entry of Object.values(described.exports)) {
    const types = basename(entry).replace(/[.]js$/, '.d.ts');
    const code = await readFile(join(folder, entry), 'utf8');
    await writeFile(join(folder, entry), `/* @ts-self-types="./${types}" */\n${code}`);
  }
  await writeFile(join(folder, 'jsr.json'), `${JSON.stringify(described, undefined, 2)}\n`);
}

/** Writes what JSR takes to `target`, as a workspace of Deno. @returns the names of the packages */
export async function stageForJsr(target) {
  const all = await publishedPackages();
  const chosen = folders.map((folder) => {
    const found = all.find((each) => each.folder === folder);
    if (found === undefined) throw new Error(`${folder} is not published`);
    return found;
  });
  for (const each of chosen) await stage(join(target, each.folder), each);
  const workspace = { workspace: folders.map((folder) => `./${folder}`) };
  await writeFile(join(target, 'deno.json'), `${JSON.stringify(workspace, undefined, 2)}\n`);
  return chosen.map(({ manifest }) => manifest.name);
}

/** What `deno publish --dry-run` says of each; it checks the types, and resolves every import. */
export async function tryPublication(deno, env = {}) {
  const target = await mkdtemp(join(tmpdir(), 'oss-envelope-jsr-'));
  try {
    const names = await stageForJsr(target);
    const options = { cwd: target, env: { ...process.env, NO_COLOR: '1', ...env }, timeout: 120_000 };
    const { stdout, stderr } = await promisify(execFile)(
      deno,
      ['publish', '--dry-run', '--allow-dirty'],
      options,
    );
    const said = `${stdout}${stderr}`;
    const missing = names.find((name) => !said.includes(name));
    if (missing !== undefined || !said.includes('Dry run complete'))
      throw new Error(`${missing ?? 'Something'} would not be published on JSR:\n${said}`);
    return names;
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [option, deno] = process.argv.slice(2);
  if (option !== '--dry-run' || deno === undefined) {
    console.error('usage: node scripts/packages/jsr.mjs --dry-run DENO');
    process.exitCode = 2;
  } else console.log(`JSR would take ${(await tryPublication(deno)).join(', ')}`);
}
