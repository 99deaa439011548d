// The licences of the packages that are built into another one.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const packageFolder = (id) => /^(.*[/]node_modules[/](?:@[^/]+[/])?[^/]+)[/]/.exec(id)?.[1];

/** @param ids - paths of the modules that are built in */
export async function thirdPartyLicenses(ids) {
  const folders = [...new Set(ids.map(packageFolder))].sort();
  const texts = await Promise.all(
    folders.map(async (folder) => {
      const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
      const file = (await readdir(folder)).find((candidate) => /^licen[cs]e/i.test(candidate));
      if (file === undefined) throw new Error(`${name} has no licence that could be told`);
      return `${name} ${version}\n\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`;
    }),
  );
  return `Parts of these packages are built into this one.\n\n${texts.join('\n\n')}`;
}
