// The licences of the packages that are built into another one.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const packageFolder = (id) => /^(.*[/]node_modules[/](?:@[^/]+[/])?[^/]+)[/]/.exec(id)?.[1];

/** @param ids - paths of the modules that are built in */
export async function thirdPartyLicenses(ids) {
  const folders = [...new Set(ids.map(packageFolder))].sort();
  const texts = await Promise.all(
    folders.map(async (folder) => {
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
      const file = (await readdir(folder)).find((candidate) => /^licen[cs]e/i.test(candidate));
      const text =
        file === undefined ? namedLicense(manifest) : (await readFile(join(folder, file), 'utf8')).trim();
      return `${manifest.name} ${manifest.version}\n\n${text}\n`;
    }),
  );
  return `Parts of these packages are built into this one.\n\n${texts.join('\n\n')}`;
}

/** Some packages bring no text, and only name their licence. */
function namedLicense({ name, license, author }) {
  if (typeof license !== 'string') throw new Error(`${name} has no licence that could be told`);
  const holder = typeof author === 'string' ? author : author?.name;
  return `Licence: ${license}${holder === undefined ? '' : `. Copyright: ${holder}`}`;
}
