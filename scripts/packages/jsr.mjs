// The packages as JSR takes them: the build for the web, with its types, under a deno.json that follows package.json.
// JSR and Deno know no conditions in `exports` and `imports`, and the build for the web has none left. Deno has all that
// it uses. Every package that has a build for the web goes there, with those of its entries that have one. The others are
// for Node only, and Deno takes them from npm.
//
//   node scripts/packages/jsr.mjs --dry-run DENO   stages every package, and lets Deno try the publication
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publishedPackages } from './published.mjs';

/** The entries of a package that are built for the web. */
function webExports(manifest) {
  return Object.fromEntries(
    Object.entries(manifest.exports).flatMap(([subpath, target]) =>
      target.import?.node === undefined ? [] : [[subpath, target.import.default]],
    ),
  );
}

const isOurs = (name) => name.startsWith('@oss-envelope/');

/** Where a package of package.json is for JSR. What is optional there, no entry for the web needs. */
function jsrImports({ name: importer, version, dependencies = {}, peerDependencies = {} }) {
  const ours = Object.keys({ ...dependencies, ...peerDependencies }).filter(isOurs);
  const others = Object.entries(dependencies).filter(([name]) => !isOurs(name));
  for (const [name, range] of others) {
    if (!/^[\^~]?\d/.test(range))
      throw new Error(`${importer} needs ${name} ${range}, which is no range of versions`);
  }
  return Object.fromEntries([
    ...ours.map((name) => [name, `jsr:${name}@^${version}`]),
    ...others.map(([name, range]) => [name, `npm:${name}@${range}`]),
  ]);
}

/** The deno.json of a package. */
export function jsrManifest(manifest) {
  return {
    name: manifest.name,
    version: manifest.version,
    license: manifest.license,
    exports: webExports(manifest),
    imports: jsrImports(manifest),
    publish: { include: ['dist', 'README.md', 'LICENSE'] },
  };
}

/** @returns the packages for JSR, and those that are for Node only */
export async function packagesByPlace() {
  const all = await publishedPackages();
  const isForWeb = ({ manifest }) => Object.keys(webExports(manifest)).length > 0;
  return { forJsr: all.filter(isForWeb), forNodeOnly: all.filter((each) => !isForWeb(each)) };
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
  await writeFile(join(folder, 'deno.json'), `${JSON.stringify(described, undefined, 2)}\n`);
}

/** Writes what JSR takes to `target`, as a workspace of Deno. @returns the packages */
export async function stageForJsr(target) {
  const { forJsr } = await packagesByPlace();
  for (const each of forJsr) await stage(join(target, each.folder), each);
  const workspace = { workspace: forJsr.map(({ folder }) => `./${folder}`) };
  await writeFile(join(target, 'deno.json'), `${JSON.stringify(workspace, undefined, 2)}\n`);
  return forJsr;
}

/** What `deno publish --dry-run` says of each that is staged; it checks the types, and resolves every import. */
async function tryPublication({ deno, env, target, names }) {
  const options = { cwd: target, env: { ...process.env, NO_COLOR: '1', ...env }, timeout: 120_000 };
  const { stdout, stderr } = await promisify(execFile)(
    deno,
    ['publish', '--dry-run', '--allow-dirty'],
    options,
  );
  const said = `${stdout}${stderr}`;
  const missing = names.find((name) => !said.includes(`${name}@`));
  if (missing !== undefined || !said.includes('Dry run complete'))
    throw new Error(`${missing ?? 'Something'} would not be published on JSR:\n${said}`);
}

/**
 * Stages every package, and lets Deno try the publication.
 *
 * @param use what else is tried of the staged packages; it gets their folder
 * @returns their names
 */
export async function tryJsr(deno, { env = {}, use = async () => {} } = {}) {
  const target = await mkdtemp(join(tmpdir(), 'oss-envelope-jsr-'));
  try {
    const staged = await stageForJsr(target);
    const names = staged.map(({ manifest }) => manifest.name);
    await tryPublication({ deno, env, target, names });
    await use(target, staged);
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
  } else {
    console.log(`JSR would take ${(await tryJsr(deno)).join(', ')}`);
    const { forNodeOnly } = await packagesByPlace();
    console.log(`for Node only: ${forNodeOnly.map(({ manifest }) => manifest.name).join(', ')}`);
  }
}
