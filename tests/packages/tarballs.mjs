// The packages as they are published: packed, looked through, and held to a size.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publishedPackages, root } from '../../scripts/packages/published.mjs';

const execute = promisify(execFile);
const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** Links into the repository that a packed README may hold. */
const repositoryLink = /https:\/\/github\.com\/oss-envelope\/oss-envelope\/(?:blob|tree)\/main\/([^)\s#]+)/g;

export async function pnpm(args, cwd = root) {
  const { stdout } = await execute('npx', ['--yes', packageManager.replace(/\+.*/, ''), ...args], { cwd });
  return stdout;
}

/** @returns of each published package: its folder, its package.json, and the path of its tarball in `folder` */
export async function packAll(folder) {
  const packages = await publishedPackages();
  const filters = packages.flatMap(({ manifest }) => ['--filter', manifest.name]);
  const answer = await pnpm([...filters, 'pack', '--json', '--pack-destination', folder]);
  const packed = JSON.parse(answer);
  return packages.map((pkg) => {
    const { name } = pkg.manifest;
    const { files, filename } = packed.find((candidate) => candidate.name === name);
    return {
      ...pkg,
      name,
      files: files.map(({ path }) => path),
      tarball: join(folder, filename.split('/').at(-1)),
    };
  });
}

/** @throws Error when a tarball lacks what people look for, or holds what they have no use for */
export async function assertContents({ name, path, files, manifest }) {
  for (const needed of ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json']) {
    if (!files.includes(needed)) throw new Error(`${name}: the tarball has no ${needed}`);
  }
  const idle = files.find((file) => /^(?:src|test|scripts)\/|[.]map$|[.]test[.]/.test(file));
  if (idle !== undefined) throw new Error(`${name}: the tarball has ${idle}, which nobody uses there`);
  // The newest version, and at least one thing that it has.
  const changelog = await readFile(join(path, 'CHANGELOG.md'), 'utf8');
  const [newest = ''] = changelog.split(/^## /m).slice(1);
  if (!newest.startsWith(`${manifest.version}\n`) || !/^- ./m.test(newest))
    throw new Error(`${name}: its CHANGELOG does not begin with what ${manifest.version} has`);
  const readme = await readFile(join(path, 'README.md'), 'utf8');
  const relative = /\]\((?!https:|#)([^)]+)\)/.exec(readme)?.[1];
  if (relative !== undefined)
    throw new Error(`${name}: its README links to ${relative}, which is not beside it`);
  for (const [, target] of readme.matchAll(repositoryLink)) {
    if (!existsSync(join(root, target)))
      throw new Error(`${name}: its README links to ${target}, which is not there`);
  }
}

/** publint and attw, with no rule left out. A command has no entries whose types could be looked at. */
export async function assertLinted({ tarball, manifest }) {
  await pnpm(['exec', 'publint', '--strict', tarball]);
  const hasEntries = Object.keys(manifest.exports).some((subpath) => !subpath.endsWith('.json'));
  if (hasEntries) await pnpm(['exec', 'attw', '--no-emoji', tarball]);
}
